"""What an operator makes of tensors without data, where torch's own rule is another, or slow.

Its meta kernels differ from the CPU's in a few places, which are named here. Others are right, but
written in Python, and take ten times as long as these, which know the plain case alone: floats
without gaps, of shapes that fit. All else, and what the operator refuses, is torch's to answer.
"""

from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch._prims_common import suggest_memory_format

from attnbench.heads._layers import RANK

aten = torch.ops.aten
_NOWHERE = torch.device("meta")
_COMPUTED_AS_THEY_ARE = (torch.float32, torch.float64)


def _like(x: Tensor) -> Tensor:
    """As `torch.empty_like`, which is slow for meta tensors."""
    return _empty(x, *x.shape) if x.is_contiguous() else torch.empty_like(x)


def _empty(x: Tensor, *shape: int, last: bool = False) -> Tensor:
    layout = torch.channels_last if last else torch.contiguous_format
    return torch.empty(shape, dtype=x.dtype, device=_NOWHERE, memory_format=layout)


def _batch_norm(
    x: Tensor, _weight: Any, _bias: Any, _mean: Any, _variance: Any, training: Any, *_: Any
) -> tuple:
    kept = x.shape[1] if training else 0  # statistics for the backward pass
    return _like(x), _empty(x, kept), _empty(x, kept)


def _batch_norm_backward(_cotangent: Tensor, x: Tensor, *_: Any) -> tuple:
    return _like(x), _empty(x, x.shape[1]), _empty(x, x.shape[1])


def _layer_norm(x: Tensor, sides: list[int], weight: Any, bias: Any, epsilon: float) -> tuple:
    fits = all(t is None or t.shape == tuple(sides) for t in (weight, bias))
    if x.is_contiguous() and fits and x.shape[-len(sides) :] == tuple(sides):
        each = *x.shape[: -len(sides)], *[1] * len(sides)
        return _like(x), _empty(x, *each), _empty(x, *each)
    y, mean, deviation = aten.native_layer_norm.default(x, sides, weight, bias, epsilon)
    return y, mean.to(x.dtype), deviation.to(x.dtype)


def _group_norm(x: Tensor, weight: Any, bias: Any, *rest: Any) -> tuple:
    images, channels, pixels, groups, _ = rest
    fits = all(t is None or (t.dtype, t.shape) == (x.dtype, (channels,)) for t in (weight, bias))
    whole = x.numel() == images * channels * pixels and channels % groups == 0
    if fits and whole and x.is_contiguous() and x.dtype in _COMPUTED_AS_THEY_ARE:
        return _like(x), _empty(x, images, groups), _empty(x, images, groups)
    return aten.native_group_norm.default(x, weight, bias, *rest)


def _group_norm_backward(cotangent: Tensor, x: Tensor, *rest: Any) -> tuple:
    *_, channels, _, _, wanted = rest
    found = _norm_backward(cotangent, x, (channels,), wanted)
    return found or aten.native_group_norm_backward.default(cotangent, x, *rest)


def _layer_norm_backward(cotangent: Tensor, x: Tensor, sides: list[int], *rest: Any) -> tuple:
    found = _norm_backward(cotangent, x, sides, rest[-1])
    return found or aten.native_layer_norm_backward.default(cotangent, x, sides, *rest)


def _norm_backward(cotangent: Tensor, x: Tensor, weight: Any, wanted: list[bool]) -> tuple | None:
    """Gradients of input, weight and bias, those two of the shape `weight`; None for torch's."""
    plain = cotangent.is_contiguous() and x.is_contiguous() and cotangent.shape == x.shape
    if not plain or cotangent.dtype != x.dtype or x.dtype not in _COMPUTED_AS_THEY_ARE:
        return None
    return tuple(
        _empty(x, *shape) if w else None
        for shape, w in zip((x.shape, weight, weight), wanted, strict=True)
    )


def _convolution(x: Tensor, weight: Tensor, bias: Any, *how: Any) -> Tensor:
    sides = _convolved(x, weight, *how)
    if sides is None:
        y = aten.convolution.default(x, weight, bias, *how)
        return _empty(y, *y.shape, last=_is_last(x, weight))
    return _empty(x, len(x), len(weight), *sides, last=_is_last(x, weight))


def _convolved(
    x: Tensor,
    weight: Tensor,
    stride: list[int],
    padding: list[int],
    dilation: list[int],
    transposed: bool,  # noqa: FBT001
    _output_padding: list[int],
    groups: int,
) -> list[int] | None:
    """Sides of a map after a plain convolution; None for any other, or one that does not fit."""
    rank = x.dim() - 2
    plain = weight.dim() - 2 == len(stride) == len(padding) == len(dilation) == rank
    if transposed or not plain or x.shape[1] != weight.shape[1] * groups or not x.numel():
        return None
    each = zip(x.shape[2:], weight.shape[2:], stride, padding, dilation, strict=True)
    sides = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in each]
    return sides if min(sides) > 0 else None


def _convolution_backward(
    cotangent: Tensor, x: Tensor, weight: Tensor, bias: list[int] | None, *rest: Any
) -> tuple:
    if x.dim() > RANK:
        return aten.convolution_backward.default(cotangent, x, weight, bias, *rest)
    last, wanted = _is_last(x, weight), rest[-1]
    shapes = (x.shape, last), (weight.shape, last), (bias or (), False)
    return tuple(
        _empty(cotangent, *shape, last=laid) if w else None
        for (shape, laid), w in zip(shapes, wanted, strict=True)
    )


def _is_last(x: Tensor, weight: Tensor) -> bool:
    """Whether input or weights have channels last; a map of one pixel may count as either."""
    return _has_last(x) or _has_last(weight)


def _has_last(x: Tensor) -> bool:
    if x.dim() != RANK or x.stride(3) < x.stride(1) * x.shape[1]:  # mostly, and torch takes long
        return False
    return suggest_memory_format(x) is torch.channels_last


def _bilinear(x: Tensor, size: list[int], *_: Any) -> Tensor:
    layout = suggest_memory_format(x)
    return torch.empty([*x.shape[:2], *size], dtype=x.dtype, device="meta", memory_format=layout)


def _elementwise(operator: Any, x: Tensor, *others: Any, **rest: Any) -> Tensor:
    """Of one tensor, or of two that are spread over each other, and numbers."""
    y = others[0] if others and isinstance(others[0], Tensor) else x
    if x.is_floating_point() and y.dtype == x.dtype:
        return aten.silu_backward.default(x, y)  # the one that torch has in C++
    return operator(x, *others, **rest)


def _threshold_backward(cotangent: Tensor, x: Tensor, _threshold: float) -> Tensor:
    return aten.silu_backward.default(x, cotangent)  # laid out as `x`, which the CPU takes first


def _cat(maps: list[Tensor], dim: int = 0) -> Tensor:
    kinds = {(t.dtype, *t.shape[:dim], None, *t.shape[dim:][1:]) for t in maps}
    plain = all(t.dim() <= RANK and not _has_last(t) and t.numel() for t in maps)
    if len(kinds) == 1 and plain and _has_sides(maps[0], dim):
        sides = list(maps[0].shape)
        sides[dim] = sum(t.shape[dim] for t in maps)
        return _empty(maps[0], *sides)
    return aten.cat.default(maps, dim)


def _stack(maps: list[Tensor], dim: int = 0) -> Tensor:
    """As a concatenation that is viewed with a side more, where torch makes it that way."""
    if len({(t.dtype, t.shape) for t in maps}) == 1 and 0 <= dim < maps[0].dim() < RANK:
        sides = list(maps[0].shape)
        return _empty(maps[0], *sides[:dim], len(maps), *sides[dim:])
    return aten.stack.default(maps, dim)


def _pool(x: Tensor, size: list[int]) -> Tensor:
    if x.dim() == RANK and x.is_contiguous() and not _has_last(x) and x.numel():
        return _empty(x, *x.shape[:2], *size)
    return aten._adaptive_avg_pool2d.default(x, size)


def _pool_backward(cotangent: Tensor, x: Tensor) -> Tensor:
    if x.dim() == RANK and x.is_contiguous() and not _has_last(x) and x.dtype == cotangent.dtype:
        return _like(x)
    return aten._adaptive_avg_pool2d_backward.default(cotangent, x)


def _softmax(x: Tensor, dim: int, *rest: Any) -> Tensor:
    if x.is_contiguous() and rest == (False,):
        return _empty(x, *x.shape)
    return aten._softmax.default(x, dim, *rest)


def _add_in_place(x: Tensor, other: Any, **rest: Any) -> Tensor:
    """The counter of batch norm, and gradients that meet in a weight."""
    if isinstance(other, Tensor):
        fits = (other.shape, other.dtype) == (x.shape, x.dtype)
    else:
        fits = type(other) is int and x.dtype is not torch.bool
    return x if fits and not rest and x.is_contiguous() else x.add_(other, **rest)


def _new_empty(x: Tensor, sides: list[int], **rest: Any) -> Tensor:
    plain = all(value in (None, False) for value in rest.values())
    return _empty(x, *sides) if plain else x.new_empty(sides, **rest)


def _has_sides(x: Tensor, *dims: int) -> bool:
    return all(-x.dim() <= dim < x.dim() for dim in dims)


def _bmm(x: Tensor, y: Tensor) -> Tensor:
    fit = x.dim() == y.dim() == 3 and (len(x), x.shape[2]) == y.shape[:2] and x.dtype == y.dtype
    return _empty(x, *x.shape[:2], y.shape[2]) if fit else aten.bmm.default(x, y)


def _addmm(bias: Tensor, x: Tensor, y: Tensor, **rest: Any) -> Tensor:
    fit = x.dim() == y.dim() == 2 and x.shape[1] == len(y) and bias.shape == y.shape[1:]
    if fit and x.dtype == y.dtype == bias.dtype and not rest:
        return _empty(x, len(x), y.shape[1])
    return aten.addmm.default(bias, x, y, **rest)


def _clone(x: Tensor, *, memory_format: Any = torch.preserve_format) -> Tensor:
    plain = memory_format is torch.contiguous_format or x.is_contiguous()
    if plain and memory_format in (torch.contiguous_format, torch.preserve_format):
        return _empty(x, *x.shape)
    return aten.clone.default(x, memory_format=memory_format)


def _reduced(operator: Any, x: Tensor, dims: list[int] | None, *keep: Any, **rest: Any) -> Tensor:
    if dims and not rest and x.is_floating_point() and _has_sides(x, *dims):
        return _without(x, dims, *keep)
    return operator(x, dims, *keep, **rest)


def _vector_norm(
    x: Tensor, order: float = 2, dims: list[int] | None = None, *keep: Any, **rest: Any
) -> Tensor:
    if dims and not rest and _has_sides(x, *dims):
        return _without(x, dims, *keep)
    return aten.linalg_vector_norm.default(x, order, dims, *keep, **rest)


def _without(x: Tensor, dims: list[int], *keep: Any) -> Tensor:
    """`x` reduced over `dims`; with a true value behind them they stay, as 1."""
    gone = {dim % x.dim() for dim in dims}
    kept = any(keep)
    return _empty(
        x, *(1 if i in gone else n for i, n in enumerate(x.shape) if kept or i not in gone)
    )


_VIEWS = {
    # Of Python's own binding: to hand them to an operator by its name takes twice as long.
    aten.view.default: Tensor.view,
    aten._unsafe_view.default: Tensor.view,
    aten.detach.default: Tensor.detach,
    aten.transpose.int: Tensor.transpose,
    aten.permute.default: Tensor.permute,
    aten.t.default: Tensor.t,
    aten.unsqueeze.default: Tensor.unsqueeze,
    aten.squeeze.dim: Tensor.squeeze,
    aten.expand.default: Tensor.expand,
}
_ELEMENTWISE = (
    *(aten.add.Tensor, aten.sub.Tensor, aten.mul.Tensor, aten.div.Tensor, aten.div.Scalar),
    *(aten.neg.default, aten.pow.Tensor_Scalar, aten.relu.default, aten.threshold.default),
    *(aten.sigmoid.default, aten.sigmoid_backward.default),
)
RULES = {
    # torch's are other than the CPU's in layout, or in what is kept for the backward pass.
    aten.native_batch_norm.default: _batch_norm,
    aten.native_batch_norm_backward.default: _batch_norm_backward,
    aten.native_layer_norm.default: _layer_norm,
    aten.convolution.default: _convolution,
    aten.convolution_backward.default: _convolution_backward,
    # torch's are slow.
    aten.native_group_norm.default: _group_norm,
    aten.native_group_norm_backward.default: _group_norm_backward,
    aten.native_layer_norm_backward.default: _layer_norm_backward,
    aten.threshold_backward.default: _threshold_backward,
    aten._softmax_backward_data.default: lambda _, y, *__: _like(y),
    aten.upsample_bilinear2d.default: _bilinear,
    aten.linalg_vector_norm.default: _vector_norm,
    aten._softmax.default: _softmax,
    aten.cat.default: _cat,
    aten.stack.default: _stack,
    aten.slice_backward.default: lambda y, sides, *_: _empty(y, *sides),
    aten._adaptive_avg_pool2d.default: _pool,
    aten._adaptive_avg_pool2d_backward.default: _pool_backward,
    aten.bmm.default: _bmm,
    aten.addmm.default: _addmm,
    aten.clone.default: _clone,
    aten.add_.Tensor: _add_in_place,
    aten.new_empty.default: _new_empty,
    aten.empty.memory_format: torch.empty,
    aten.slice.Tensor: aten.slice.Tensor,
    **_VIEWS,
    **{op: partial(_reduced, op) for op in (aten.sum.dim_IntList, aten.mean.dim)},
    **{op: partial(_elementwise, op) for op in _ELEMENTWISE},
}
