"""What measuring needs of a device, and no more: clock, cache, memory, state, energy.

A metric talks to this interface only, so a test gives it a device that follows a script.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import torch

from attnbench.errors import UnmeasuredError


@dataclass(frozen=True)
class State:
    """Of a device at one moment: SM clock in MHz (0: not told), reasons why it is slowed down."""

    clock_mhz: int = 0
    slowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Memory:
    """Bytes that the allocator has given out and has taken from the device, now and at most."""

    allocated: int
    reserved: int
    peak_allocated: int
    peak_reserved: int


class Device(Protocol):
    """A processor that runs steps. Seconds, bytes, joules."""

    name: str
    cache_bytes: int  # of its last-level cache; 0 where it cannot be flushed
    resolution: float  # of the clock behind its marks

    def now(self) -> float:
        """Clock of the host."""

    def sleep(self, seconds: float) -> None: ...

    def synchronize(self) -> None:
        """Waits until everything that was issued is done."""

    def mark(self) -> object:
        """A moment in the device's own order of work."""

    def between(self, begin: object, end: object) -> float:
        """Seconds from one mark to the next; both are reached."""

    def hold(self, seconds: float) -> None:
        """Makes the device wait, so that what is issued meanwhile runs without gaps."""

    def flush(self) -> None:
        """Overwrites the last-level cache: exactly `cache_bytes`."""

    def replayed(self, step: Callable[[], object], /) -> Callable[[], object]:
        """`step` as one launch. Raises UnmeasuredError where that is not possible."""

    def free_bytes(self) -> int: ...

    def memory(self) -> Memory:
        """Raises UnmeasuredError where no allocator keeps count."""

    def reset_peak(self) -> None: ...

    def forget(self) -> None:
        """Gives back what libraries and the allocator keep from earlier steps."""

    def state(self) -> State: ...

    def joules(self) -> float:
        """Counter of the energy used. Raises UnmeasuredError where there is none."""


class Cpu:
    """The host: what it does is done when the call returns, so a mark is its clock."""

    name = "cpu"
    cache_bytes = 0
    resolution = 1e-7  # of perf_counter

    def now(self) -> float:
        return time.perf_counter()

    mark = now

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def between(self, begin: float, end: float) -> float:
        return end - begin

    def synchronize(self) -> None:
        """Nothing is ever under way."""

    def hold(self, seconds: float) -> None:
        """Nothing is ever issued ahead."""

    def flush(self) -> None:
        """A shared cache is not ours to empty; a CPU's latency is the hot one."""

    def replayed(self, _step: Callable[[], object]) -> Callable[[], object]:
        raise UnmeasuredError("a CUDA graph needs a CUDA device")

    def free_bytes(self) -> int:
        raise UnmeasuredError("the memory of a CPU is limited, not asked for")

    def memory(self) -> Memory:
        raise UnmeasuredError("torch's CPU allocator keeps no count")

    def reset_peak(self) -> None:
        """There is none."""

    def forget(self) -> None:
        """Nothing is kept that counts."""

    def state(self) -> State:
        return State()

    def joules(self) -> float:
        raise UnmeasuredError("no energy counter for a CPU; it is taken with an NVIDIA GPU")


@cache
def device(name: str) -> Device:
    """The device of a trial: "cpu", "meta" (which no metric runs on) or "cuda".

    One a process: what is known of it, as its ceilings, is then measured once.
    """
    if torch.device(name).type != "cuda":
        return Cpu()
    from attnbench.measure._cuda import Cuda  # noqa: PLC0415 NVML is asked when it is built

    return Cuda(torch.device(name).index or 0)
