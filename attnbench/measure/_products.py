"""Products of two maps that nothing but a sum or mean reads: multiply-adds without an operator.

`(q * k).sum(1)` executes one product and one sum an element, which is what a matrix product
executes; local attention over unfolded neighbours is written that way. The FLOPs are right in any
case, two of a multiply-add being one of each; here they are recognised as those of MACs.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from attnbench.measure._mode import tensors
from attnbench.measure._prices import is_view


@dataclass
class _Product:
    elements: int
    sums: int = 0  # that read all of it
    others: int = 0  # other operators that read, or change, any of it


class Products:
    """Follows every product of two real tensors to what reads it, by way of its storage.

    Its views and copies are the product still. A square is none, as it has one operand.
    """

    def __init__(self) -> None:
        self._seen: list[_Product] = []
        self._held: WeakKeyDictionary[torch.UntypedStorage, _Product] = WeakKeyDictionary()

    @property
    def macs(self) -> int:
        """Elements of the products that one sum read whole, and nothing else read."""
        return sum(p.elements for p in self._seen if (p.sums, p.others) == (1, 0))

    def see(self, func: torch._ops.OpOverload, args: tuple[Any, ...], out: Any) -> None:
        name = func.overloadpacket.__name__
        makes = name in ("mul", "mul_")
        if not (makes or self._held) or _is_view(func):
            return
        for tensor in filter(_has_storage, tensors(args) if self._held else ()):
            if product := self._held.get(tensor.untyped_storage()):
                if name in ("clone", "_to_copy"):
                    self._held[out.untyped_storage()] = product
                elif name in ("sum", "mean") and tensor.numel() == product.elements:
                    product.sums += 1
                else:
                    product.others += 1
        if makes and _is_of_two_maps(args, out):
            self._seen.append(_Product(out.numel()))
            self._held[out.untyped_storage()] = self._seen[-1]


@cache
def _is_view(func: torch._ops.OpOverload) -> bool:
    return (
        is_view(func) or func.overloadpacket.__name__ == "_unsafe_view" or func.namespace == "prim"
    )


def _is_of_two_maps(args: tuple[Any, ...], out: Tensor) -> bool:
    return all(map(_has_storage, (*args[:2], out))) and out.is_floating_point()


def _has_storage(leaf: Any) -> bool:
    return isinstance(leaf, Tensor) and leaf.layout == torch.strided
