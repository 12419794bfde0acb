"""torchinfo's summary, "total mult-adds"; it says nothing of what it does not know."""

from torch import Tensor, nn
from torchinfo import summary

from benchmarks.peers.counters import Count


def macs(module: nn.Module, inputs: tuple[Tensor, ...]) -> Count:
    device = inputs[0].device
    return Count(summary(module, input_data=inputs, device=device, verbose=0).total_mult_adds)
