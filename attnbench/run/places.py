"""Where the trials of a run are done: slots that are alike, on this machine or elsewhere."""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from attnbench.run.executors import Slot, WorkerSlot
from attnbench.run.isolate import Worker
from attnbench.run.protocol import Hello
from attnbench.trial import Settings


class Place(Protocol):
    """Slots that are alike: what one of them would measure, another may."""

    hellos: tuple[Hello, ...]
    counters: Sequence[Slot]  # for what runs on no device
    timers: Sequence[Slot]  # each has its device alone

    def close(self) -> None: ...


class Here:
    """This machine: a slot for each of these GPUs or one for the CPU, and `jobs` that count.

    `hello` is what a worker said that saw all of it.
    """

    def __init__(self, log: Path, settings: Settings, gpus: Sequence[str], jobs: int, hello: Hello):
        self.log, self._settings = log, settings
        starts = [partial(self._start, gpu) for gpu in map(visible, gpus)] or [self._start]
        self.counters = [WorkerSlot(starts[0]) for _ in range(max(jobs, 1))]
        self.timers = [WorkerSlot(start) for start in starts]
        try:  # with one GPU in sight the environment is another, and GPUs differ
            self.hellos = tuple(slot.hello() for slot in self.timers) if gpus else (hello,)
        finally:
            self.close()

    def close(self) -> None:
        for slot in (*self.counters, *self.timers):
            slot.stop()

    def _start(self, gpu: str | None = None) -> Worker:
        return Worker(self.log, self._settings, gpu)


def visible(gpu: str) -> str:
    """What CUDA_VISIBLE_DEVICES calls the GPU that torch gives this index: it may be set here."""
    told = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name]
    return told[int(gpu)] if told else gpu
