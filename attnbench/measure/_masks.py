"""What a mask leaves of attention's work, seen where attention is asked for.

The dispatcher sees what is executed, and a causal mask is there a flag of one kernel or a matrix
added to a full map of pairs. What is useful follows from the question, whatever kernel answers it.
"""

from inspect import signature
from math import prod
from typing import Any

from torch import Tensor
from torch.nn import functional as F  # noqa: N812
from torch.overrides import TorchFunctionMode


class Masks(TorchFunctionMode):
    """Adds up, inside it, the MACs of `scaled_dot_product_attention` that a causal mask discards.

    A mask in a tensor is not read, as one without data has no values: `unread` counts such calls.
    Masks that a module applies by hand, between two products, are not seen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.discarded_macs = 0
        self.unread = 0

    def __torch_function__(
        self, func: Any, _types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is F.scaled_dot_product_attention:
            self._see_attention(*args, **kwargs)
        elif func is F.multi_head_attention_forward:  # what it calls is not seen from here
            asked = signature(func).bind(*args, **kwargs).arguments
            masks = asked.get("attn_mask"), asked.get("key_padding_mask")
            self.unread += any(mask is not None for mask in masks)
        return func(*args, **kwargs)

    def _see_attention(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,  # noqa: ARG002
        is_causal: bool = False,  # noqa: FBT001, FBT002
        **_scale_or_gqa: Any,
    ) -> None:
        self.unread += attn_mask is not None
        if is_causal:
            *maps, rows, width = query.shape
            columns = key.shape[-2]
            pairs = prod(maps) * (rows * columns - causal_pairs(rows, columns))
            self.discarded_macs += pairs * (width + value.shape[-1])


def causal_pairs(rows: int, columns: int) -> int:
    """Pairs (i, j) with j <= i, as torch's causal mask keeps them: n(n + 1)/2 of a square.

    Half of a square, n²/2, is a rule of thumb that forgets the diagonal.
    """
    square = min(rows, columns)
    return square * (square + 1) // 2 + (rows - square) * columns
