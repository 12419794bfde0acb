"""What one call of an operator costs, and how it is found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from attnbench.convention import Kind


@dataclass(frozen=True)
class Price:
    """Multiply-adds, and FLOPs beside them, of one call."""

    kind: Kind
    macs: int = 0
    flops: int = 0


Rule = Callable[[tuple[Any, ...], Any], "Price | tuple[Price, ...]"]
