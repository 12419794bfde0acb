"""calflops' calculate_flops, its MACs; it says nothing of what it does not know."""

from calflops import calculate_flops
from torch import Tensor, nn

from benchmarks.peers.counters import Count
from benchmarks.peers.counters._held import Held


def macs(module: nn.Module, inputs: tuple[Tensor, ...]) -> Count:
    bare = next(module.parameters(), None) is None  # it asks a parameter for its device
    held, given = (Held(module, inputs), inputs[:1]) if bare else (module, inputs)
    _, found, _ = calculate_flops(
        held, args=list(given), print_results=False, output_as_string=False
    )
    return Count(int(found))
