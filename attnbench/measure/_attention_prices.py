"""Prices of operators that are a whole attention: the products and the softmax within."""

from math import prod
from typing import Any

from torch import Tensor

from attnbench import convention
from attnbench.measure._price import Price, Rule

_OF_TORCH = """_scaled_dot_product_flash_attention_for_cpu _scaled_dot_product_flash_attention
    _scaled_dot_product_efficient_attention _scaled_dot_product_cudnn_attention"""


def _attention(args: tuple[Any, ...], _out: Any) -> tuple[Price, ...]:
    """Both products, the scale and the softmax of every pair, whatever kernel does them."""
    q, k, v = args[:3]
    pairs = prod(q.shape[:-1]) * k.shape[-2]
    return (
        Price("contraction", macs=pairs * (q.shape[-1] + v.shape[-1])),
        Price("pointwise", flops=convention.POINTWISE * pairs),
        Price("softmax", flops=convention.SOFTMAX * pairs),
    )


def _attention_in_blocks(args: tuple[Any, ...], _out: Any) -> tuple[Price, ...]:
    """Of (B, K, N), (B, K, M), (B, V, M): both products and the softmax; others scale."""
    query, key, value = args[:3]
    pairs = len(query) * query.shape[2] * key.shape[2]
    return _priced(pairs * (key.shape[1] + value.shape[1]), pairs)


def _attention_in_blocks_backward(args: tuple[Any, ...], _out: Any) -> tuple[Price, ...]:
    """The logits and their softmax again, and two products for each of the two on the way here."""
    _, query, key, value = args[:4]
    pairs = len(query) * query.shape[2] * key.shape[2]
    return _priced(pairs * (3 * key.shape[1] + 2 * value.shape[1]), pairs)


def _attention_by_offset(args: tuple[Any, ...], _out: Any) -> tuple[Price, ...]:
    """Of (h, B, w, K), (mh, mw, K), (B, V, h·w): the logits of offsets to each row that mh reaches
    from each, of mw columns; for all pairs their product with the values, and the softmax.
    """
    logits, context, pairs = _products_by_offset(*args[:3])
    return _priced(logits + context, pairs)


def _attention_by_offset_backward(args: tuple[Any, ...], _out: Any) -> tuple[Price, ...]:
    logits, context, pairs = _products_by_offset(*args[1:4])
    return _priced(3 * logits + 2 * context, pairs)


def _priced(macs: int, pairs: int) -> tuple[Price, ...]:
    return Price("contraction", macs=macs), Price("softmax", flops=convention.SOFTMAX * pairs)


def _products_by_offset(hidden: Tensor, weight: Tensor, value: Tensor) -> tuple[int, int, int]:
    """Multiply-adds of the logits and with the values, and pairs."""
    (h, images, w, inner), (rows, offsets) = hidden.shape, weight.shape[:2]
    reached = h * rows - rows // 2 * (rows // 2 + 1)
    pairs = images * (h * w) ** 2
    return images * reached * w * offsets * inner, pairs * value.shape[1], pairs


FUSED_ATTENTION: dict[str, Rule] = {
    **dict.fromkeys(_OF_TORCH.split(), _attention),
    "attend_in_blocks": _attention_in_blocks,
    "attend_in_blocks_backward": _attention_in_blocks_backward,
    "attend_in_blocks_by_offset": _attention_by_offset,
    "attend_in_blocks_by_offset_backward": _attention_by_offset_backward,
}
