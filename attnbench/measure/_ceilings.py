"""What this device can do at best: bytes copied a second, FLOPs of a matrix product a second.

Measured in this very process, once for each type: a data sheet tells what no kernel attains.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch

from attnbench.convention import FLOPS_PER_MAC
from attnbench.measure._bench import dtype
from attnbench.measure._device import Device
from attnbench.measure._sampling import sample
from attnbench.measure._timing import hot
from attnbench.trial import Budget, Trial

COPIED = {"cpu": 2**28, "cuda": 2**31}  # bytes; far above any last-level cache
SIDE = {"cpu": 1024, "cuda": 8192}  # of square matrices; large enough that only products count
BUDGET = Budget(min_samples=3, max_seconds=0.2, warmup_seconds=0.05)


@dataclass(frozen=True)
class Ceilings:
    bytes_a_second: float
    flops_a_second: float


def ceilings(device: Device, trial: Trial) -> Ceilings:
    """Of the device and the type of a trial; `rounding` of the trial must be in force."""
    kind = torch.device(trial.device).type
    return Ceilings(_copied(device, kind), _multiplied(device, kind, trial.dtype))


@cache
def _copied(device: Device, kind: str) -> float:
    source = torch.ones(COPIED[kind], dtype=torch.int8, device=kind)
    target = torch.empty_like(source)
    return 2 * COPIED[kind] / _fastest(device, lambda: target.copy_(source))


@cache
def _multiplied(device: Device, kind: str, name: str) -> float:
    n = SIDE[kind]
    values = dtype(Trial("", shape=None, dtype=name))
    a, b = (torch.randn(n, n, device=kind).to(values) for _ in range(2))
    out = torch.empty_like(a)
    return FLOPS_PER_MAC * n**3 / _fastest(device, lambda: torch.mm(a, b, out=out))


def _fastest(device: Device, step: Callable[[], object]) -> float:
    """Seconds of the fastest sample: a ceiling is what was reached once."""
    return min(sample(hot(device, step), BUDGET, resolution=device.resolution).values)
