"""What each operator of torch's dispatcher costs: a table from its name to a price.

An operator that is not in the table, moves no data by name and is no view is *unpriced*: the
count carries its name, so a missing price is seen. Prices per element are those of
`attnbench.convention`; multiply-adds follow from the shapes.
"""

from collections.abc import Callable
from functools import cache
from math import log2, prod
from typing import Any

import torch
from torch import Tensor

from attnbench import convention
from attnbench.convention import Kind
from attnbench.measure._attention_prices import FUSED_ATTENTION
from attnbench.measure._price import Price, Rule


def _convolution(args: tuple[Any, ...], out: Tensor) -> Price:
    x, weight, transposed = args[0], args[1], args[6]
    taps = prod(weight.shape[1:])  # channels of one group times kernel area
    return Price("convolution", macs=(x if transposed else out).numel() * taps)


def _convolution_backward(args: tuple[Any, ...], _out: Any) -> Price:
    """A product as large as that of the forward pass for each gradient: of input and of weight."""
    cotangent, x, weight, transposed, wanted = *args[:3], args[7], args[10]
    taps = prod(weight.shape[1:])
    return Price(
        "convolution", macs=sum(wanted[:2]) * (x if transposed else cotangent).numel() * taps
    )


def _product(inner: Callable[[tuple[Any, ...]], int]) -> Rule:
    def price(args: tuple[Any, ...], out: Tensor) -> Price:
        each = convention.COMPLEX_MAC if out.is_complex() else 1
        return Price("contraction", macs=each * out.numel() * inner(args))

    return price


def _bilinear_form(args: tuple[Any, ...], out: Tensor) -> Price:
    """For each output (x W) y: x times every column of W, then that times y."""
    rows, columns = args[1].shape[-2:]
    return Price("contraction", macs=out.numel() * (rows * columns + columns))


def _distance(args: tuple[Any, ...], out: Tensor) -> tuple[Price, ...]:
    """Euclidean, whichever kernel: a difference and a multiply-add a channel, a root a pair.

    No other norm has multiply-adds, nor a price.
    """
    if len(args) > 2 and args[2] != 2:
        return ()
    elements = out.numel() * args[0].shape[-1]
    return (
        Price("contraction", macs=elements),
        Price("pointwise", flops=convention.POINTWISE * (elements + out.numel())),
    )


def _fourier(args: tuple[Any, ...], out: Tensor) -> Price:
    """N is the product of the transformed sides, as many real numbers or as many complex ones."""
    x, sides = args[:2]
    both = x.is_complex() and out.is_complex()
    each = convention.FOURIER if both else convention.FOURIER_REAL
    whole = out if x.is_complex() else x  # the other one is half of a symmetric map
    size = prod(whole.shape[side] for side in sides)
    return Price("transform", flops=round(each * whole.numel() * log2(size)))


def _batch_norm(args: tuple[Any, ...], out: Any) -> Price:
    training = any(a is True for a in args)  # the one flag that any of them has
    if training:
        return _statistics_norm(args[:3], out)
    return Price("normalisation", flops=convention.BATCH_NORM_INFERENCE * _first(out).numel())


def _statistics_norm(args: tuple[Any, ...], out: Any) -> Price:
    affine = any(isinstance(a, Tensor) for a in args[1:4])
    each = convention.STATISTICS_NORM + (convention.AFFINE if affine else 0)
    return Price("normalisation", flops=each * _first(out).numel())


def _per_output(kind: Kind, flops: int) -> Rule:
    return lambda _args, out: Price(kind, flops=flops * _first(out).numel())


def _per_input(kind: Kind, flops: int) -> Rule:
    return lambda args, _out: Price(kind, flops=flops * args[0].numel())


def _arithmetic(complex_each: int) -> Rule:
    """Per number written; `complex_each` where every operand is complex."""

    def price(args: tuple[Any, ...], out: Tensor) -> Price:
        each = convention.POINTWISE
        if out.is_complex():
            operands = [a for a in args[:2] if isinstance(a, Tensor)]
            each = complex_each if all(map(_is_complex, operands)) else convention.COMPLEX_SUM
        return Price("pointwise", flops=each * out.numel())

    return price


def _grid_sample(args: tuple[Any, ...], out: Tensor) -> Price:
    """By its mode: between four neighbours, the nearest, or between sixteen."""
    each = (convention.BILINEAR, 0, convention.BICUBIC)[args[2]]
    return Price("resampling", flops=each * out.numel())


def _pool(args: tuple[Any, ...], out: Any) -> Price:
    """An element costs once a window that it is in; so does padding."""
    return Price("reduction", flops=convention.REDUCTION * prod(args[1]) * _first(out).numel())


def _adaptive_pool(args: tuple[Any, ...], out: Any) -> Price:
    wanted = _first(out).shape
    read = prod(map(_read, args[0].shape[-2:], wanted[-2:]))
    return Price("reduction", flops=convention.REDUCTION * prod(wanted[:-2]) * read)


def _read(size: int, windows: int) -> int:
    """Rows in all windows together; window i goes from row i·size/windows, rounded outwards."""
    return sum(-(-(i + 1) * size // windows) - i * size // windows for i in range(windows))


def _first(out: Any) -> Tensor:
    return out if isinstance(out, Tensor) else out[0]


_POINTWISE = """div exp log log2 log1p expm1 sqrt rsqrt reciprocal square pow abs sign floor ceil
    round sin cos tan atan2 erf relu sigmoid tanh silu gelu leaky_relu _prelu_kernel clamp clamp_min
    clamp_max maximum minimum threshold hardtanh hardsigmoid hardswish softplus mish elu eq ne lt le
    gt ge logical_and logical_or logical_xor logical_not bitwise_and bitwise_or bitwise_not"""
_REDUCTIONS = "sum mean prod amax amin max min argmax argmin any all"
_BATCH_NORMS = """native_batch_norm cudnn_batch_norm _native_batch_norm_legit
    _native_batch_norm_legit_no_training _batch_norm_no_update"""

_MOVES = """clone copy _to_copy cat stack constant_pad_nd empty empty_like empty_strided new_empty
    zeros zeros_like new_zeros ones ones_like new_ones full full_like fill zero eye arange
    scalar_tensor expand repeat index_select gather index embedding contiguous _unsafe_view
    _reshape_copy detach lift_fresh im2col pixel_shuffle pixel_unshuffle roll flip resize where
    masked_fill tril triu upsample_nearest1d upsample_nearest2d upsample_nearest3d
    _upsample_nearest_exact1d _upsample_nearest_exact2d _upsample_nearest_exact3d
    _linalg_check_errors"""

# Of complex numbers too; every other rule is of real ones.
_ARITHMETIC: dict[str, Rule] = {
    "mm": _product(lambda a: a[0].shape[-1]),
    "bmm": _product(lambda a: a[0].shape[-1]),
    "mv": _product(lambda a: a[0].shape[-1]),
    "dot": _product(lambda a: a[0].shape[-1]),
    "vdot": _product(lambda a: a[0].shape[-1]),
    "addmm": _product(lambda a: a[1].shape[-1]),
    "addmv": _product(lambda a: a[1].shape[-1]),
    "baddbmm": _product(lambda a: a[1].shape[-1]),
    "addbmm": _product(lambda a: a[1].shape[0] * a[1].shape[-1]),
    "addr": _product(lambda _: 1),
    "mul": _arithmetic(convention.COMPLEX_PRODUCT),
    **dict.fromkeys(["add", "sub", "rsub", "neg"], _arithmetic(convention.COMPLEX_SUM)),
    **dict.fromkeys(["_fft_c2c", "_fft_r2c", "_fft_c2r"], _fourier),
}

PRICES: dict[str, Rule] = {
    **_ARITHMETIC,
    "convolution": _convolution,
    "convolution_backward": _convolution_backward,
    "_trilinear": _bilinear_form,
    "_cdist_forward": _distance,
    "_euclidean_dist": _distance,
    "_softmax": _per_output("softmax", convention.SOFTMAX),
    "_safe_softmax": _per_output("softmax", convention.SOFTMAX),
    "_log_softmax": _per_output("softmax", convention.SOFTMAX),
    "native_layer_norm": _statistics_norm,
    "native_group_norm": _statistics_norm,
    "linalg_vector_norm": _per_input("reduction", convention.SQUARED_REDUCTION),
    "var": _per_input("reduction", convention.VARIANCE),
    "var_mean": _per_input("reduction", convention.VARIANCE),
    "std": _per_input("reduction", convention.VARIANCE),
    "avg_pool2d": _pool,
    "max_pool2d_with_indices": _pool,
    "_adaptive_avg_pool2d": _adaptive_pool,
    "adaptive_max_pool2d": _adaptive_pool,
    "upsample_linear1d": _per_output("resampling", convention.LINEAR),
    "upsample_bilinear2d": _per_output("resampling", convention.BILINEAR),
    "upsample_trilinear3d": _per_output("resampling", convention.TRILINEAR),
    "upsample_bicubic2d": _per_output("resampling", convention.BICUBIC),
    "grid_sampler_2d": _grid_sample,
    "addcmul": _per_output("pointwise", 2 * convention.POINTWISE),
    "addcdiv": _per_output("pointwise", 2 * convention.POINTWISE),
    "lerp": _per_output("pointwise", 3 * convention.POINTWISE),
    **FUSED_ATTENTION,
    **dict.fromkeys(_BATCH_NORMS.split(), _batch_norm),
    **dict.fromkeys(_POINTWISE.split(), _per_output("pointwise", convention.POINTWISE)),
    **dict.fromkeys(_REDUCTIONS.split(), _per_input("reduction", convention.REDUCTION)),
}

_NOTHING = Price("pointwise")
MOVES = frozenset(_MOVES.split())


def is_view(func: torch._ops.OpOverload) -> bool:
    """Whether it returns, or turns its argument into, other strides on the same numbers."""
    return func.is_view or torch.Tag.inplace_view in func.tags


def prices(func: torch._ops.OpOverload, args: tuple[Any, ...], out: Any) -> tuple[Price, ...]:
    """The price of one dispatched call, of several kinds if it does several things.

    Zero for moves and views; empty when nobody priced it.
    """
    name = func.overloadpacket.__name__
    if name not in PRICES:
        name = name.removesuffix("_")  # add_ costs what add does
    rule = PRICES.get(name)
    if rule and (name in _ARITHMETIC or not any(map(_is_complex, args))):
        found = rule(args, out)
        return found if isinstance(found, tuple) else (found,)
    return (_NOTHING,) if _is_free(func, name) else ()


@cache
def _is_free(func: torch._ops.OpOverload, name: str) -> bool:
    return name in MOVES or is_view(func) or func.namespace == "prim"


def _is_complex(argument: Any) -> bool:
    return isinstance(argument, Tensor) and argument.is_complex()
