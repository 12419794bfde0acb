"""What a module has and does, thing by thing: what the counting rules of the literature weigh.

Multiply-adds come from the dispatcher; the elements that leave batch norm, ReLU and the like from
hooks on the modules without submodules, as the counters of the literature take them.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn

from attnbench.measure._meta import like_cpu
from attnbench.measure.counted import count
from attnbench.papers.rules import Thing

Tally = Counter[Thing]
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
_RELUS = (nn.ReLU, nn.LeakyReLU)
_CONVS = (nn.Conv1d, nn.Conv2d)
_POOLS = (nn.MaxPool2d,)


def tally(module: nn.Module, *maps: Tensor) -> Tally:
    """Of one forward pass on `maps`, which have no data."""
    found: Tally = Counter(params=sum(p.numel() for p in module.parameters()))
    with _watched(module, found), like_cpu():
        work = count(module, *maps)
    return found + Counter(work.macs_by_kind) + Counter(flops=work.flops)


@contextmanager
def _watched(module: nn.Module, found: Tally) -> Iterator[None]:
    """While it is open, calls of the leaf modules go into `found`."""
    last: dict[nn.Module, int] = {}  # of each module, in its last call

    def see(leaf: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        last[leaf] = output.numel()
        found["norm"] += output.numel() * isinstance(leaf, _NORMS)
        found["pool"] += inputs[0].numel() * isinstance(leaf, _POOLS)
        if isinstance(leaf, _CONVS) and leaf.bias is not None:
            found["bias"] += output.numel()

    leaves = [m for m in module.modules() if not any(m.children())]
    hooks = [leaf.register_forward_hook(see) for leaf in leaves]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
    found["outputs"] += sum(last.values())
    found["relu"] += sum(number for leaf, number in last.items() if isinstance(leaf, _RELUS))
