"""torchprofile's profile_macs; it warns of operators that it has no handler for."""

from torch import Tensor, nn
from torchprofile import profile_macs

from benchmarks.peers.counters import Count
from benchmarks.peers.counters._heard import heard


def macs(module: nn.Module, inputs: tuple[Tensor, ...]) -> Count:
    with heard() as said:
        found = profile_macs(module, inputs)
    return Count(int(found), said.names(r'No handlers found: "([^"]+)"'))
