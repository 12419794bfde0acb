"""fvcore's FlopCountAnalysis; it names the functions that it has no rule for."""

from torch import Tensor, nn

from attnbench.measure.fvcore import traced
from benchmarks.peers.counters import Count


def macs(module: nn.Module, inputs: tuple[Tensor, ...]) -> Count:
    analysis = traced(module, *inputs)
    return Count(int(analysis.total()), tuple(sorted(analysis.unsupported_ops())))
