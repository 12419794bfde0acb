"""Meta tensors, led the way that CPU tensors go: the same storages, in the same layout, no data.

torch's own meta kernels differ from the CPU's in a few places, which are named here; a test holds
the bytes of a step equal to those of one that really runs. torch's fake tensors would do, but take
ten times as long for a new size, and are off by a quarter for a head at batch 1.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch._prims_common import suggest_memory_format
from torch.nn.functional import scaled_dot_product_attention
from torch.overrides import TorchFunctionMode
from torch.utils._device import _device_constructors

from attnbench.heads._layers import RANK
from attnbench.measure._mode import Mode

aten = torch.ops.aten
_CONSTRUCTORS = frozenset(_device_constructors())


@contextmanager
def like_cpu() -> Iterator[None]:
    """Within it tensors are made without data; what our watchers see of them is as on a CPU."""
    before, Mode.rules = Mode.rules, _RULES
    try:
        with WithoutData():
            yield
    finally:
        Mode.rules = before


class WithoutData(TorchFunctionMode):
    """New tensors are meta tensors, as under `torch.device("meta")`, and nothing fills them; fused
    attention is by the CPU's flash kernel, where torch would take meta tensors apart.
    """

    def __torch_function__(
        self, func: Any, _types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        named = kwargs or {}
        if (
            getattr(func, "__module__", "") == "torch.nn.init"
        ):  # a third of the time to build a head
            return args[0] if args else named["tensor"]
        if func in _CONSTRUCTORS and named.get("device") is None:
            return func(*args, **named | {"device": "meta"})
        if func is scaled_dot_product_attention and _takes_flash(*args, **named):
            return aten._scaled_dot_product_flash_attention_for_cpu(*args, **named)[0]
        return func(*args, **named)


def _takes_flash(query: Tensor, key: Tensor, value: Tensor, *others: Any, **named: Any) -> bool:
    """Whether the kernel is for it: one width, channels last, no dropout; a mask is not looked at.

    Source: torch, aten/src/ATen/native/transformers/sdp_utils_cpp.cpp.
    """
    widths = {t.shape[-1] for t in (query, key, value)}
    plain = not others and not named.keys() - {"scale", "is_causal"}
    return plain and len(widths) == 1 and all(t.stride(-1) == 1 for t in (query, key, value))


def _like(x: Tensor) -> Tensor:
    """As `torch.empty_like`, which is slow for meta tensors."""
    return _empty(x, *x.shape) if x.is_contiguous() else torch.empty_like(x)


def _empty(x: Tensor, *shape: int) -> Tensor:
    return torch.empty(shape, dtype=x.dtype, device="meta")


def _batch_norm(
    x: Tensor, _weight: Any, _bias: Any, _mean: Any, _variance: Any, training: Any, *_: Any
) -> tuple:
    kept = x.shape[1] if training else 0  # statistics for the backward pass
    return _like(x), _empty(x, kept), _empty(x, kept)


def _batch_norm_backward(_cotangent: Tensor, x: Tensor, *_: Any) -> tuple:
    return _like(x), _empty(x, x.shape[1]), _empty(x, x.shape[1])


def _layer_norm(x: Tensor, *rest: Any) -> tuple:
    y, mean, deviation = aten.native_layer_norm.default(x, *rest)
    return y, mean.to(x.dtype), deviation.to(x.dtype)


def _convolution(x: Tensor, weight: Tensor, *rest: Any) -> Tensor:
    return _laid_out(aten.convolution.default(x, weight, *rest), x, weight)


def _convolution_backward(cotangent: Tensor, x: Tensor, weight: Tensor, *rest: Any) -> tuple:
    *found, bias = aten.convolution_backward.default(cotangent, x, weight, *rest)
    return *(y if y is None else _laid_out(y, x, weight) for y in found), bias


def _laid_out(y: Tensor, x: Tensor, weight: Tensor) -> Tensor:
    """Channels last if input or weights are; a map of one pixel may count as either."""
    if x.dim() == RANK and torch.channels_last in map(suggest_memory_format, (x, weight)):
        return torch.empty_like(y, memory_format=torch.channels_last)
    return y


def _bilinear(x: Tensor, size: list[int], *_: Any) -> Tensor:
    layout = suggest_memory_format(x)
    return torch.empty([*x.shape[:2], *size], dtype=x.dtype, device="meta", memory_format=layout)


def _pointwise(operator: Any, x: Tensor, y: Any, **rest: Any) -> Tensor:
    """Of the shape and layout of `x` where `y` is spread over it, else what torch says."""
    spread = isinstance(y, int | float) or (
        y.dtype == x.dtype
        and y.dim() <= x.dim()
        and y.is_contiguous()
        and all(b in (1, a) for a, b in zip(x.shape[::-1], y.shape[::-1], strict=False))
    )
    plain = spread and x.is_contiguous() and x.is_floating_point()
    return _empty(x, *x.shape) if plain else operator(x, y, **rest)


def _reduced(operator: Any, x: Tensor, dims: list[int] | None, *keep: Any, **rest: Any) -> Tensor:
    return _without(x, dims, *keep) if dims and not rest else operator(x, dims, *keep, **rest)


def _vector_norm(
    x: Tensor, order: float = 2, dims: list[int] | None = None, *keep: Any, **rest: Any
) -> Tensor:
    if dims and not rest:
        return _without(x, dims, *keep)
    return aten.linalg_vector_norm.default(x, order, dims, *keep, **rest)


def _without(x: Tensor, dims: list[int], *keep: Any) -> Tensor:
    """`x` reduced over `dims`; with a true value behind them they stay, as 1."""
    gone = {dim % x.dim() for dim in dims}
    kept = any(keep)
    return _empty(
        x, *(1 if i in gone else n for i, n in enumerate(x.shape) if kept or i not in gone)
    )


_POINTWISE = (aten.add.Tensor, aten.sub.Tensor, aten.mul.Tensor, aten.div.Tensor)
_RULES = {
    aten.native_batch_norm.default: _batch_norm,
    aten.native_batch_norm_backward.default: _batch_norm_backward,
    aten.native_layer_norm.default: _layer_norm,
    aten.convolution.default: _convolution,
    aten.convolution_backward.default: _convolution_backward,
    # The rest would be right without, but is written in Python and ten times as slow.
    aten.relu.default: _like,
    aten.threshold_backward.default: lambda cotangent, *_: _like(cotangent),
    aten._softmax_backward_data.default: lambda _, y, *__: _like(y),
    aten.upsample_bilinear2d.default: _bilinear,
    aten.linalg_vector_norm.default: _vector_norm,
    **{op: partial(_reduced, op) for op in (aten.sum.dim_IntList, aten.mean.dim)},
    **{op: partial(_pointwise, op) for op in _POINTWISE},
}
