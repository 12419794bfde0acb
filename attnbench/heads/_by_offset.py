"""Softmax attention by logits that pixels predict for offsets: no map of all pairs is stored.

A row of takers comes after the other. Their logits are made for the offsets that lie within the
map, once for each row of sources; read with strides one shorter, as in `_point_maps`, these are the
logits of pairs. The backward pass makes each row again.
To torch each direction is one operator, as in `_blocked`, with the room for a row made outside.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from attnbench.heads._blocked import ELEMENTS


def attend_by_offset(hidden: Tensor, weight: Tensor, value: Tensor, *, collect: bool) -> Tensor:
    """(B, K, h, w), (mh, mw, K), (B, V, h, w) -> (B, V, h, w), by a softmax over the sources.

    The logit of a pair is the product of the taker's hidden vector, or without `collect` of the
    source's, with the weight of the offset from there to the other; 0 beyond the mh x mw offsets,
    whose middle is no offset. Beside the result it holds 3·h·w² logits or ELEMENTS, whichever is
    more, and on the way back 4·h·w².
    """
    h, w = hidden.shape[2:]
    weight = _middle(_middle(weight, 0, 2 * h - 1), 1, 2 * w - 1)
    weight = weight if collect else weight.flip(0)  # from a source back to its taker
    tensors = hidden.permute(2, 0, 3, 1).contiguous(), weight.contiguous(), value.flatten(2)
    if torch.is_grad_enabled() and any(t.requires_grad for t in tensors):
        context = _Attend.apply(*tensors, collect)
    else:
        context = _attended(*tensors, collect)
    return context.unflatten(2, (h, w))


def _middle(x: Tensor, dim: int, size: int) -> Tensor:
    beyond = max(0, (x.shape[dim] - size) // 2)
    return x.narrow(dim, beyond, x.shape[dim] - 2 * beyond)


def _attended(hidden: Tensor, weight: Tensor, value: Tensor, collect: bool) -> Tensor:  # noqa: FBT001
    rooms = _room_of_offsets(hidden), _room(hidden)
    operator = torch.ops.attnbench.attend_in_blocks_by_offset
    return operator(hidden, weight, value, collect, *rooms)


class _Attend(torch.autograd.Function):
    """Keeps its three inputs and nothing else."""

    @staticmethod
    def forward(ctx: FunctionCtx, *inputs: Any) -> Tensor:
        *tensors, ctx.collect = inputs
        ctx.save_for_backward(*tensors)
        return _attended(*inputs)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor | None, ...]:
        hidden, weight, value = ctx.saved_tensors
        rooms = _room_of_offsets(hidden), _room(hidden), _room(hidden)
        operator = torch.ops.attnbench.attend_in_blocks_by_offset_backward
        return *operator(cotangent, hidden, weight, value, ctx.collect, *rooms), None


def _together(hidden: Tensor) -> int:
    """Images of which a row is done at once."""
    h, images, w, _ = hidden.shape
    return min(images, max(1, ELEMENTS // (3 * h * w**2)))


def _room_of_offsets(hidden: Tensor) -> Tensor:
    """(h, b·w, 2w - 1) for the logits of a row, by the offset."""
    h, _, w, _ = hidden.shape
    return hidden.new_empty(h, _together(hidden) * w, 2 * w - 1)


def _room(hidden: Tensor) -> Tensor:
    """(b, w, h·w) for those by the source."""
    h, _, w, _ = hidden.shape
    return hidden.new_empty(_together(hidden), w, h * w)


class _Row:
    """A row of takers of some images: the rows of sources that it has offsets to, and the room."""

    def __init__(self, row: int, images: slice, hidden: Tensor, weight: Tensor, *, collect: bool):
        h, _, w, _ = hidden.shape
        reach, self.row, self.images, self.collect = len(weight) // 2, row, images, collect
        self.sources = slice(max(0, row - reach), min(h, row + reach + 1))
        offsets = slice(self.sources.start - row + reach, self.sources.stop - row + reach)
        self.weight, self.offsets = weight[offsets], offsets
        beyond = w - 1 - weight.shape[1] // 2
        self.columns = slice(beyond, beyond + weight.shape[1])
        self.takers = slice(row * w, (row + 1) * w)
        of = slice(row, row + 1) if collect else self.sources
        predicting = hidden[of, images].flatten(1, 2)
        self.predicting = predicting.expand(len(self.weight), -1, -1)  # r, b·w, K
        self.shape = predicting.shape[1] // w, w, h, w

    def attention(self, offsets: Tensor, room: Tensor) -> Tensor:
        """(b, w, h·w), written into `room`."""
        inside, pairs = self._views(offsets)
        torch.bmm(self.predicting, self.weight.transpose(1, 2), out=inside)
        logits = self.start(room)
        logits.view(self.shape).copy_(pairs)
        return torch._softmax(logits, -1, False, out=logits)  # noqa: FBT003 no change of type

    def start(self, room: Tensor) -> Tensor:
        """As much of `room` as the images need."""
        return room[: self.shape[0]]

    def by_offset(self, of_logits: Tensor, offsets: Tensor) -> Tensor:
        """(b, w, h·w) -> (r, b·w, mw), written into `offsets`."""
        inside, pairs = self._views(offsets)
        pairs.copy_(of_logits.view(self.shape))
        return inside

    def _views(self, offsets: Tensor) -> tuple[Tensor, Tensor]:
        """Of zeros, as (r, b·w, mw), where the offsets are that have a weight, and by pairs."""
        images, w, h, _ = self.shape
        every = offsets.view(-1)[: h * images * w * (2 * w - 1)].view(h, images * w, 2 * w - 1)
        inside = every[self.sources, :, self.columns]
        every.zero_()
        line = 2 * w - 1
        taker, source = (line - 1, 1) if self.collect else (1, line - 1)
        strides = (w * line, taker, images * w * line, source)
        return inside, every.as_strided(self.shape, strides, w - 1)


def _rows(hidden: Tensor, weight: Tensor, room: Tensor, *, collect: bool) -> Iterator[_Row]:
    h, images = hidden.shape[:2]
    for image in range(0, images, len(room)):
        for row in range(h):
            yield _Row(row, slice(image, image + len(room)), hidden, weight, collect=collect)


def _forward(
    hidden: Tensor,
    weight: Tensor,
    value: Tensor,
    collect: bool,  # noqa: FBT001
    offsets: Tensor,
    room: Tensor,
) -> Tensor:
    context = value.new_empty(value.shape)
    for row in _rows(hidden, weight, room, collect=collect):
        attention = row.attention(offsets, room).transpose(1, 2)
        torch.bmm(value[row.images], attention, out=context[row.images, :, row.takers])
    return context


def _backward(cotangent: Tensor, *inputs: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Of the inputs of `_forward`; behind them is room for the gradients of logits."""
    hidden, weight, value, collect, offsets, room, more_room = inputs
    gradients = of_hidden, of_weight, of_value = [
        torch.zeros_like(t) for t in (hidden, weight, value)
    ]
    for row in _rows(hidden, weight, room, collect=collect):
        v, c = value[row.images], cotangent[row.images, :, row.takers]  # b, V, h·w; b, V, w
        attention = row.attention(offsets, room)
        of_value[row.images].baddbmm_(c, attention)
        of_logits = row.start(more_room)
        torch.bmm(c.transpose(1, 2), v, out=of_logits)
        of_softmax = (of_logits, attention, -1, of_logits.dtype)
        torch._softmax_backward_data(*of_softmax, grad_input=of_logits)
        predicted = row.by_offset(of_logits, offsets)  # r, b·w, mw
        of_weight[row.offsets].baddbmm_(predicted.transpose(1, 2), row.predicting)
        if collect:
            of_hidden[row.row, row.images].flatten(0, 1).addbmm_(predicted, row.weight)
        else:
            here = of_hidden[row.sources, row.images].flatten(1, 2)
            here.baddbmm_(predicted, row.weight)
    return tuple(gradients)


_OPERATORS = torch.library.Library("attnbench", "FRAGMENT")
_OPERATORS.define(
    "attend_in_blocks_by_offset(Tensor hidden, Tensor weight, Tensor value, bool collect,"
    " Tensor(a!) offsets, Tensor(b!) room) -> Tensor"
)
_OPERATORS.define(
    "attend_in_blocks_by_offset_backward(Tensor cotangent, Tensor hidden, Tensor weight,"
    " Tensor value, bool collect, Tensor(a!) offsets, Tensor(b!) room, Tensor(c!) more_room)"
    " -> (Tensor, Tensor, Tensor)"
)


def _context(_hidden: Tensor, _weight: Tensor, value: Tensor, *_: Any) -> Tensor:
    return value.new_empty(value.shape)


def _gradients(_cotangent: Tensor, *inputs: Any) -> tuple[Tensor, ...]:
    return tuple(t.new_empty(t.shape) for t in inputs[:3])


for _name, _with_data, _without_data in (
    ("attend_in_blocks_by_offset", _forward, _context),
    ("attend_in_blocks_by_offset_backward", _backward, _gradients),
):
    _OPERATORS.impl(_name, _with_data, "CompositeExplicitAutograd")
    _OPERATORS.impl(_name, _without_data, "Meta")
