"""What each operator of torch's dispatcher costs: a table from its name to a price.

An operator that is not in the table, moves no data by name and is no view is *unpriced*: the
count carries its name, so a missing price is seen. Prices per element are those of
`attnbench.convention`; multiply-adds follow from the shapes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor

from attnbench import convention
from attnbench.convention import Kind


@dataclass(frozen=True)
class Price:
    """Multiply-adds, and FLOPs beside them, of one call."""

    kind: Kind
    macs: int = 0
    flops: int = 0


Rule = Callable[[tuple[Any, ...], Any], "Price | tuple[Price, ...]"]


def _convolution(args: tuple[Any, ...], out: Tensor) -> Price:
    x, weight, transposed = args[0], args[1], args[6]
    taps = prod(weight.shape[1:])  # channels of one group times kernel area
    return Price("convolution", macs=(x if transposed else out).numel() * taps)


def _product(inner: Callable[[tuple[Any, ...]], int]) -> Rule:
    return lambda args, out: Price("contraction", macs=out.numel() * inner(args))


def _attention(args: tuple[Any, ...], _out: Any) -> tuple[Price, ...]:
    """Both products, the scale and the softmax of every pair, whatever kernel does them."""
    q, k, v = args[:3]
    pairs = prod(q.shape[:-1]) * k.shape[-2]
    return (
        Price("contraction", macs=pairs * (q.shape[-1] + v.shape[-1])),
        Price("pointwise", flops=convention.POINTWISE * pairs),
        Price("softmax", flops=convention.SOFTMAX * pairs),
    )


def _batch_norm(args: tuple[Any, ...], out: Any) -> Price:
    training = args[5] if len(args) > 5 and isinstance(args[5], bool) else False
    each = (
        convention.STATISTICS_NORM + convention.AFFINE
        if training
        else convention.BATCH_NORM_INFERENCE
    )
    return Price("normalisation", flops=each * _first(out).numel())


def _statistics_norm(args: tuple[Any, ...], out: Any) -> Price:
    affine = any(isinstance(a, Tensor) for a in args[1:4])
    each = convention.STATISTICS_NORM + (convention.AFFINE if affine else 0)
    return Price("normalisation", flops=each * _first(out).numel())


def _per_output(kind: Kind, flops: int) -> Rule:
    return lambda _args, out: Price(kind, flops=flops * _first(out).numel())


def _per_input(kind: Kind, flops: int) -> Rule:
    return lambda args, _out: Price(kind, flops=flops * args[0].numel())


def _adaptive_mean(args: tuple[Any, ...], out: Tensor) -> Price:
    read = prod(map(_read, args[0].shape[-2:], out.shape[-2:]))
    return Price("reduction", flops=convention.REDUCTION * prod(out.shape[:-2]) * read)


def _read(size: int, windows: int) -> int:
    """Rows in all windows together; window i goes from row i·size/windows, rounded outwards."""
    return sum(-(-(i + 1) * size // windows) - i * size // windows for i in range(windows))


def _first(out: Any) -> Tensor:
    return out if isinstance(out, Tensor) else out[0]


_POINTWISE = """add sub rsub mul div neg exp log sqrt rsqrt reciprocal square pow abs relu sigmoid
    tanh silu gelu leaky_relu clamp clamp_min clamp_max maximum minimum threshold hardtanh elu"""
_ATTENTION = """_scaled_dot_product_flash_attention_for_cpu _scaled_dot_product_flash_attention
    _scaled_dot_product_efficient_attention _scaled_dot_product_cudnn_attention"""
_BATCH_NORMS = """native_batch_norm cudnn_batch_norm _native_batch_norm_legit
    _native_batch_norm_legit_no_training _batch_norm_no_update"""

PRICES: dict[str, Rule] = {
    "convolution": _convolution,
    "mm": _product(lambda a: a[0].shape[-1]),
    "bmm": _product(lambda a: a[0].shape[-1]),
    "mv": _product(lambda a: a[0].shape[-1]),
    "dot": _product(lambda a: a[0].shape[-1]),
    "addmm": _product(lambda a: a[1].shape[-1]),
    "addmv": _product(lambda a: a[1].shape[-1]),
    "baddbmm": _product(lambda a: a[1].shape[-1]),
    "_softmax": _per_output("softmax", convention.SOFTMAX),
    "_safe_softmax": _per_output("softmax", convention.SOFTMAX),
    "native_layer_norm": _statistics_norm,
    "native_group_norm": _statistics_norm,
    "sum": _per_input("reduction", convention.REDUCTION),
    "mean": _per_input("reduction", convention.REDUCTION),
    "amax": _per_input("reduction", convention.REDUCTION),
    "max": _per_input("reduction", convention.REDUCTION),
    "linalg_vector_norm": _per_input("reduction", convention.SQUARED_REDUCTION),
    "_adaptive_avg_pool2d": _adaptive_mean,  # an element costs once a window that it is in
    "avg_pool2d": _per_input("reduction", convention.REDUCTION),
    "max_pool2d_with_indices": lambda a, out: Price(
        "reduction", flops=prod(a[1]) * convention.REDUCTION * out[0].numel()
    ),
    "upsample_bilinear2d": _per_output("resampling", convention.BILINEAR),
    **dict.fromkeys(_ATTENTION.split(), _attention),
    **dict.fromkeys(_BATCH_NORMS.split(), _batch_norm),
    **{name: _per_output("pointwise", convention.POINTWISE) for name in _POINTWISE.split()},
}

MOVES = frozenset(
    [
        "clone",
        "copy",
        "_to_copy",
        "cat",
        "stack",
        "constant_pad_nd",
        "empty",
        "empty_like",
        "empty_strided",
        "new_empty",
        "zeros",
        "zeros_like",
        "new_zeros",
        "ones",
        "ones_like",
        "new_ones",
        "full",
        "full_like",
        "fill",
        "zero",
        "arange",
        "scalar_tensor",
        "expand",
        "repeat",
        "index_select",
        "gather",
        "index",
        "contiguous",
        "_unsafe_view",
        "_reshape_copy",
        "detach",
        "lift_fresh",
        "im2col",
        "pixel_shuffle",
        "roll",
        "flip",
        "resize",
        "upsample_nearest2d",
    ]
)


def prices(func: torch._ops.OpOverload, args: tuple[Any, ...], out: Any) -> tuple[Price, ...]:
    """The price of one dispatched call, of several kinds if it does several things.

    Zero for moves and views; empty when nobody priced it.
    """
    name = func.overloadpacket.__name__
    name = (
        name if name in PRICES or not name.endswith("_") else name[:-1]
    )  # add_ costs what add does
    if rule := PRICES.get(name):
        found = rule(args, out)
        return found if isinstance(found, tuple) else (found,)
    if name in MOVES or func.is_view or func.namespace == "prim":
        return (Price("pointwise"),)
    return ()
