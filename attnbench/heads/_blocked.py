"""Softmax attention in blocks of queries: no map of all pairs is stored, on the way back neither.

A block of logits that stays in the cache is made, normalised and used up before the next one, by
the matrix products of the BLAS at the true widths of keys and values; torch's own flash kernel of
the CPU takes one width alone. The backward pass makes each block again from queries and keys.
To torch each direction is one operator, whose room for logits is made outside, where it is seen.

Source of the recomputation: Dao, Fu, Ermon, Rudra, Ré. FlashAttention, NeurIPS 2022, sec. 3.1.
Departs from it: keys are not parted, so a row's maximum and sum are known when it is normalised.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

ELEMENTS = 2**22  # of logits at once: 16 MiB of float32, half of an L3 cache
PARTS = 4  # of the queries of an image at least, so that small maps are not stored whole
LEAST_ROWS = 256  # with fewer the products slow down


def attend_in_blocks(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """(B, K, N), (B, K, M), (B, V, M) -> (B, V, N), as softmax(queryᵀ·key) applied to the values.

    Beside the result it holds max(ELEMENTS, LEAST_ROWS·M) logits at most, and on the way back too.
    """
    tensors = (query, key, value)
    if torch.is_grad_enabled() and any(t.requires_grad for t in tensors):
        return _Attend.apply(*tensors)
    return torch.ops.attnbench.attend_in_blocks(*tensors, _room(query, key, ELEMENTS))


class _Attend(torch.autograd.Function):
    """Keeps its three inputs and nothing else."""

    @staticmethod
    def forward(ctx: FunctionCtx, *tensors: Tensor) -> Tensor:
        ctx.save_for_backward(*tensors)
        return torch.ops.attnbench.attend_in_blocks(*tensors, _room(*tensors[:2], ELEMENTS))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        query, key, _ = ctx.saved_tensors
        rooms = (_room(query, key, ELEMENTS // 2) for _ in range(2))
        return torch.ops.attnbench.attend_in_blocks_backward(cotangent, *ctx.saved_tensors, *rooms)


def _room(query: Tensor, key: Tensor, elements: int) -> Tensor:
    """(b, n, M) for the logits of a block: n queries of each of b images."""
    (images, _, queries), keys = query.shape, key.shape[2]
    rows = min(queries, max(LEAST_ROWS, min(elements // keys, queries // PARTS)))
    together = min(images, max(1, elements // (rows * keys)))
    return query.new_empty(together, rows, keys)


def _forward(query: Tensor, key: Tensor, value: Tensor, room: Tensor) -> Tensor:
    context = _context(query, key, value, room)
    for images, rows in _blocks(query, room):
        attention = _attention(query[images, :, rows], key[images], room)
        if _side_by_side(value):
            out = context.transpose(1, 2)[images, rows]
            torch.bmm(attention, value[images].transpose(1, 2), out=out)
        else:
            torch.bmm(value[images], attention.transpose(1, 2), out=context[images, :, rows])
    return context


def _backward(
    cotangent: Tensor, query: Tensor, key: Tensor, value: Tensor, room: Tensor, more_room: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    of_query, of_key, of_value = _gradients(cotangent, query, key, value, room, more_room)
    for sums in (of_key, of_value):
        sums.zero_()
    for images, rows in _blocks(query, room):
        q, k, v = query[images, :, rows], key[images], value[images]
        c = cotangent[images, :, rows]  # b, V, n
        attention = _attention(q, k, room)  # b, n, M
        of_value[images].baddbmm_(c, attention)
        of_logits = _start(more_room, q)
        torch.bmm(c.transpose(1, 2), v, out=of_logits)
        of_softmax = (of_logits, attention, -1, of_logits.dtype)
        torch._softmax_backward_data(*of_softmax, grad_input=of_logits)
        torch.bmm(k, of_logits.transpose(1, 2), out=of_query[images, :, rows])
        of_key[images].baddbmm_(q, of_logits)
    return of_query, of_key, of_value


def _context(query: Tensor, _key: Tensor, value: Tensor, _room: Tensor) -> Tensor:
    """(B, V, N), laid out as the values are."""
    images, width, pixels = len(query), value.shape[1], query.shape[2]
    if _side_by_side(value):
        return query.new_empty(images, pixels, width).transpose(1, 2)
    return query.new_empty(images, width, pixels)


def _side_by_side(value: Tensor) -> bool:
    """Whether the channels of a pixel are."""
    return value.stride(1) == 1 and value.stride(2) != 1


def _gradients(_cotangent: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:
    return tuple(t.new_empty(t.shape) for t in tensors[:3])


def _blocks(query: Tensor, room: Tensor) -> Iterator[tuple[slice, slice]]:
    """Images and queries of each block."""
    together, rows, _ = room.shape
    for image in range(0, len(query), together):
        for row in range(0, query.shape[2], rows):
            yield slice(image, image + together), slice(row, row + rows)


def _attention(query: Tensor, key: Tensor, room: Tensor) -> Tensor:
    """(b, K, n), (b, K, M) -> (b, n, M), written into `room`."""
    logits = _start(room, query)
    torch.bmm(query.transpose(1, 2), key, out=logits)
    return torch._softmax(logits, -1, False, out=logits)  # noqa: FBT003 no change of type


def _start(room: Tensor, query: Tensor) -> Tensor:
    """As much of `room` as the queries (b, K, n) need, without gaps: else torch's softmax errs."""
    images, rows, keys = len(query), query.shape[2], room.shape[2]
    return room.view(-1)[: images * rows * keys].view(images, rows, keys)


_OPERATORS = torch.library.Library("attnbench", "DEF")
_OPERATORS.define(
    "attend_in_blocks(Tensor query, Tensor key, Tensor value, Tensor(a!) room) -> Tensor"
)
_OPERATORS.define(
    "attend_in_blocks_backward(Tensor cotangent, Tensor query, Tensor key, Tensor value,"
    " Tensor(a!) room, Tensor(b!) more_room) -> (Tensor, Tensor, Tensor)"
)
for _name, _on_cpu, _without_data in (
    ("attend_in_blocks", _forward, _context),
    ("attend_in_blocks_backward", _backward, _gradients),
):
    _OPERATORS.impl(_name, _on_cpu, "CPU")
    _OPERATORS.impl(_name, _without_data, "Meta")
