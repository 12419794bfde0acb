"""torch.utils.flop_counter.FlopCounterMode; it has no way to say what it does not know."""

from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.peers.counters import Count


def macs(module: nn.Module, inputs: tuple[Tensor, ...]) -> Count:
    with FlopCounterMode(display=False) as counter:
        module(*inputs)
    return Count(counter.get_total_flops() // 2)
