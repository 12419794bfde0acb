"""Counters of multiply-adds: one file each, with a function `macs(module, inputs) -> Count`."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from torch import Tensor, nn


@dataclass(frozen=True)
class Count:
    """Multiply-adds of a forward pass, and what the counter named as not counted."""

    macs: int
    said: tuple[str, ...] = ()


Counter = Callable[[nn.Module, tuple[Tensor, ...]], Count]

OURS = "attnbench"
# Name on the page, to its module here and the distribution whose version is told.
COUNTERS = {
    OURS: ("ours", "attnbench"),
    "FlopCounterMode": ("flop_counter_mode", "torch"),
    "torch.profiler": ("torch_profiler", "torch"),
    "fvcore": ("fvcore", "fvcore"),
    "ptflops aten": ("ptflops_aten", "ptflops"),
    "ptflops hooks": ("ptflops_hooks", "ptflops"),
    "thop": ("thop", "thop"),
    "torchinfo": ("torchinfo", "torchinfo"),
    "torchprofile": ("torchprofile", "torchprofile"),
    "calflops": ("calflops", "calflops"),
}


def counter(name: str) -> Counter:
    """Imported when asked for; raises what the import raises."""
    return import_module(f"{__name__}.{COUNTERS[name][0]}").macs
