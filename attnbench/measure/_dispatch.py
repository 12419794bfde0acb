"""What a module does, seen at torch's dispatcher: the work it asks for, the storages it holds.

The watchers work alike on real tensors and on meta ones, which have a shape and no data; so a
map of any size is counted in milliseconds and nothing is allocated.
"""

import re
import weakref
from collections import Counter
from collections.abc import Iterable
from functools import cache, partial
from typing import Any

import torch

from attnbench.convention import FLOPS_PER_MAC, POINTWISE, REDUCTION
from attnbench.measure._masks import Masks
from attnbench.measure._mode import Mode, tensors
from attnbench.measure._price import Price
from attnbench.measure._prices import prices
from attnbench.measure._products import Products

_STORAGE_ONLY = re.compile("empty|view|detach")  # of names of operators
_COMPOSITE = torch._C.DispatchKey.CompositeImplicitAutograd


class Work(Mode):
    """Adds up the price of every operator that runs inside it, by kind of work."""

    def __init__(self, *beside: Mode) -> None:
        super().__init__(*beside)
        self.unpriced: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.launches: Counter[str] = Counter()  # of operators that write a tensor
        self.masks = Masks()
        self._paid: list[Price] = []
        self._products = Products()

    @property
    def macs_by_kind(self) -> Counter[str]:
        return _by_kind((p.kind, p.macs) for p in self._prices)

    @property
    def flops_by_kind(self) -> Counter[str]:
        """Two a multiply-add, plus everything else that has a price."""
        return _by_kind((p.kind, FLOPS_PER_MAC * p.macs + p.flops) for p in self._prices)

    @property
    def macs(self) -> int:
        return self.macs_by_kind.total()

    @property
    def flops(self) -> int:
        return self.flops_by_kind.total()

    @property
    def useful_macs(self) -> int:
        """Those executed without those on pairs of pixels that a causal mask discards."""
        return self.macs - self.masks.discarded_macs

    @property
    def _prices(self) -> list[Price]:
        summed = self._products.macs
        return [
            *self._paid,
            Price("contraction", macs=summed),
            Price("pointwise", flops=-POINTWISE * summed),
            Price("reduction", flops=-REDUCTION * summed),
        ]

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        if _is_made_of_others(func):
            with self:
                return func._op_dk(_COMPOSITE, *args, **(kwargs or {}))
        return super().__torch_dispatch__(func, types, args, kwargs)

    def see(self, func: torch._ops.OpOverload, args: tuple, out: Any) -> None:
        name = func.overloadpacket.__name__
        if _writes(func):
            self.launches[name] += 1
        found = prices(func, args, out)
        if not found:
            self.unpriced[name] += 1
        if paid := [worth for worth in found if worth.macs or worth.flops]:
            self.calls[name] += 1
            self._paid += paid
        self._products.see(func, args, out)


@cache  # as are the other facts of an operator: they take longer than one without data
def _is_made_of_others(func: torch._ops.OpOverload) -> bool:
    """Whether it arrives whole in inference mode only; elsewhere those that it is made of do."""
    has_kernel = torch._C._dispatch_has_kernel_for_dispatch_key
    return func.namespace != "prim" and has_kernel(func.name(), _COMPOSITE)


@cache
def _writes(func: torch._ops.OpOverload) -> bool:
    """Whether it launches work: no view of what there is, no empty storage."""
    returns = func._schema.returns
    is_view = any(r.alias_info is not None and not r.alias_info.is_write for r in returns)
    return bool(returns) and not is_view and not _STORAGE_ONLY.search(func.__name__)


def _by_kind(worth: Iterable[tuple[str, int]]) -> Counter[str]:
    """Sums of what is not zero."""
    kinds: Counter[str] = Counter()
    for kind, value in worth:
        kinds[kind] += value
    return +kinds


class Calls(Mode):
    """Names of the operators that run inside it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def see(self, func: torch._ops.OpOverload, _args: tuple, _out: Any) -> None:
        self.seen.add(func.overloadpacket.__name__)


class LiveStorages(Mode):
    """Bytes of the storages that were made inside it and are still alive; `peak` is their highest.

    Storages that existed before (weights, input) are not in it. What a kernel allocates and frees
    within one call (workspace) is invisible here.
    """

    def __init__(self, *known: torch.Tensor) -> None:
        super().__init__()
        with torch._C.DisableTorchFunction():
            self._live: dict[int, Any] = {t.untyped_storage()._cdata: None for t in known}
        self.bytes = self.peak = 0

    def see(self, _func: torch._ops.OpOverload, _args: tuple, out: Any) -> None:
        for tensor in (out,) if isinstance(out, torch.Tensor) else tensors(out):  # mostly one
            storage = tensor.untyped_storage()
            key = storage._cdata
            if key not in self._live:
                self._add(key, storage)

    def _add(self, key: int, storage: torch.UntypedStorage) -> None:
        size = storage.nbytes()
        self.bytes += size
        self.peak = max(self.peak, self.bytes)
        self._live[key] = weakref.ref(storage, partial(self._forget, key, size))

    def _forget(self, key: int, size: int, _end: weakref.ref) -> None:
        self.bytes -= size
        del self._live[key]
