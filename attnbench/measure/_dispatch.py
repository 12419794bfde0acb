"""What a module does, seen at torch's dispatcher: the work it asks for, the storages it holds.

Both watchers work alike on real tensors and on fake ones, which have a shape and no memory; so a
map of any size is counted in milliseconds and nothing is allocated.
"""

import weakref
from collections import Counter
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from attnbench.convention import FLOPS_PER_MAC
from attnbench.measure._prices import prices


class Work(TorchDispatchMode):
    """Adds up the price of every operator that runs inside it, by kind of work."""

    def __init__(self) -> None:
        super().__init__()
        self.macs_by_kind: Counter[str] = Counter()
        self.flops_by_kind: Counter[str] = Counter()
        self.unpriced: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()

    @property
    def macs(self) -> int:
        return self.macs_by_kind.total()

    @property
    def flops(self) -> int:
        """Two a multiply-add, plus everything else that has a price."""
        return self.flops_by_kind.total()

    def __torch_dispatch__(
        self, func: Any, _types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        name = str(func.overloadpacket.__name__)
        found = prices(func, args, out)
        if not found:
            self.unpriced[name] += 1
        paid = [worth for worth in found if worth.macs or worth.flops]
        self.calls.update([name] if paid else ())
        for worth in paid:
            if worth.macs:
                self.macs_by_kind[worth.kind] += worth.macs
            self.flops_by_kind[worth.kind] += FLOPS_PER_MAC * worth.macs + worth.flops
        return out


class Calls(TorchDispatchMode):
    """Names of the operators that run inside it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def __torch_dispatch__(
        self, func: Any, _types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        self.seen.add(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


class LiveStorages(TorchDispatchMode):
    """Bytes of the storages that were made inside it and are still alive; `peak` is their highest.

    Storages that existed before (weights, input) are not in it. What a kernel allocates and frees
    within one call (workspace) is invisible here.
    """

    def __init__(self, *known: torch.Tensor) -> None:
        super().__init__()
        self._live: dict[int, int] = {t.untyped_storage()._cdata: 0 for t in known}
        self.bytes = self.peak = 0

    def __torch_dispatch__(
        self, func: Any, _types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(out):
            if isinstance(leaf, torch.Tensor):
                self._see(leaf.untyped_storage())
        return out

    def _see(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        if key in self._live:
            return
        size = storage.nbytes()
        self._live[key] = size
        self.bytes += size
        self.peak = max(self.peak, self.bytes)
        weakref.finalize(storage, self._forget, key)

    def _forget(self, key: int) -> None:
        self.bytes -= self._live.pop(key, 0)
