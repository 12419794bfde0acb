"""ptflops with either of its backends, verbose: it names what it takes to cost nothing."""

import sys

from ptflops import get_model_complexity_info
from torch import Tensor, nn

from benchmarks.peers.counters import Count
from benchmarks.peers.counters._heard import heard
from benchmarks.peers.counters._held import Held


def count(module: nn.Module, inputs: tuple[Tensor, ...], backend: str) -> Count:
    """Raises RuntimeError with its reason where it comes to no count."""
    held = module if len(inputs) == 1 else Held(module, inputs)
    with heard() as said:
        found, _ = get_model_complexity_info(
            held,
            (1,),
            input_constructor=lambda _: inputs[0],
            as_strings=False,
            print_per_layer_stat=False,
            backend=backend,
            verbose=True,
            ost=sys.stdout,  # its default is what stdout was when it was imported
        )
    if found is None:
        raise RuntimeError(said.text.strip().splitlines()[-1])
    return Count(int(found), said.names(r"Warning: (?:module )?(\S+).*zero-op"))
