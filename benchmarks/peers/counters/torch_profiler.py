"""torch.profiler with `with_flops`; it has no way to say what it does not know."""

from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

from benchmarks.peers.counters import Count


def macs(module: nn.Module, inputs: tuple[Tensor, ...]) -> Count:
    with profile(activities=[ProfilerActivity.CPU], with_flops=True) as profiler:
        module(*inputs)
    return Count(int(sum(event.flops for event in profiler.key_averages())) // 2)
