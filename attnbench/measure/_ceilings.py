"""What this device can do at best: bytes copied a second, FLOPs of multiply-adds a second.

Measured in this very process, once for each type: a data sheet tells what no kernel attains. The
multiply-adds are those of square matrix products and of a 3x3 convolution, whichever is faster.
On a CPU two libraries are behind them, which differ by a tenth, or, where the one of the products
does not take the widest instructions (MKL and AVX-512 on an AMD EPYC), by a factor of two.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch.nn.functional import conv2d

from attnbench.convention import FLOPS_PER_MAC
from attnbench.measure._device import Device
from attnbench.measure._sampling import sample
from attnbench.measure._step import dtype
from attnbench.measure._timing import hot
from attnbench.trial import Budget, Trial

COPIED = {"cpu": 2**28, "cuda": 2**31}  # bytes; far above any last-level cache
SIDES = {"cpu": (512, 1024), "cuda": (4096, 8192)}  # of matrices; so large that only products count
MAP = {"cpu": 48, "cuda": 256}  # side of the convolution's map, of WIDTH channels in and out
WIDTH, AREA = 512, 9
BUDGET = Budget(min_samples=3, max_seconds=0.2, warmup_seconds=0.05)


@dataclass(frozen=True)
class Ceilings:
    bytes_a_second: float
    products: float  # FLOPs a second of matrix products
    convolution: float

    @property
    def flops_a_second(self) -> float:
        return max(self.products, self.convolution)


def ceilings(device: Device, trial: Trial) -> Ceilings:
    """Of the device and the type of a trial; `rounding` of the trial must be in force."""
    kind = torch.device(trial.device).type
    return Ceilings(_copied(device, kind), *_multiplied(device, kind, trial.dtype))


@cache
def _copied(device: Device, kind: str) -> float:
    source = torch.ones(COPIED[kind], dtype=torch.int8, device=kind)
    target = torch.empty_like(source)
    return 2 * COPIED[kind] / _fastest(device, lambda: target.copy_(source))


@cache
def _multiplied(device: Device, kind: str, name: str) -> tuple[float, float]:
    """Of products and of the convolution."""
    values = dtype(Trial("", shape=None, dtype=name))
    products = max(_product(device, kind, n, values) for n in SIDES[kind])
    return products, _convolution(device, kind, values)


def _product(device: Device, kind: str, n: int, values: torch.dtype) -> float:
    a, b = (torch.randn(n, n, device=kind).to(values) for _ in range(2))
    out = torch.empty_like(a)
    return FLOPS_PER_MAC * n**3 / _fastest(device, lambda: torch.mm(a, b, out=out))


def _convolution(device: Device, kind: str, values: torch.dtype) -> float:
    side = MAP[kind]
    x = torch.randn(1, WIDTH, side, side, device=kind).to(values)
    weight = torch.randn(WIDTH, WIDTH, 3, 3, device=kind).to(values)
    macs = AREA * WIDTH**2 * side**2
    with torch.no_grad():
        return FLOPS_PER_MAC * macs / _fastest(device, lambda: conv2d(x, weight, padding=1))


def _fastest(device: Device, step: Callable[[], object]) -> float:
    """Seconds of the fastest sample: a ceiling is what was reached once."""
    return min(sample(hot(device, step), BUDGET, resolution=device.resolution).values)
