"""Our dispatcher count, `macs.counted`."""

from torch import Tensor, nn

from attnbench.measure.counted import count
from benchmarks.peers.counters import Count


def macs(module: nn.Module, inputs: tuple[Tensor, ...]) -> Count:
    work = count(module, *inputs)
    return Count(work.macs, tuple(sorted(work.unpriced)))
