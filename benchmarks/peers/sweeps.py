"""Seconds a trial of an isolated sweep: one worker for all trials, or a process for each.

A process for each benchmark is what optimum-benchmark's process launcher and tritonbench's
`--isolate` do. Both ways run the same tasks by the same worker, so that they differ in nothing
else; the third way is the least that any tool with a process a benchmark can take: an interpreter
that imports torch and ends.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from attnbench.run.isolate import Worker
from attnbench.trial import Budget, Shape, Task, Trial
from benchmarks.peers.child import ChildError
from benchmarks.peers.results import Swept

HEADS, SIDES, CHANNELS = ("se", "gc", "ema", "isa"), (16, 24, 32), 512
BUDGET = Budget(max_seconds=0.05, warmup_seconds=0.02)
REPETITIONS = 2


def tasks() -> list[Task]:
    return [
        Task(Trial(head, Shape(1, CHANNELS, side, side), device="cpu"), ("latency",), budget=BUDGET)
        for head in HEADS
        for side in SIDES
    ]


def one_worker(log: Path) -> None:
    worker = Worker(log)
    try:
        for task in tasks():
            _do(worker, task)
    finally:
        worker.stop()


def worker_each(log: Path) -> None:
    for task in tasks():
        worker = Worker(log)
        try:
            _do(worker, task)
        finally:
            worker.stop()


def torch_each(_log: Path) -> None:
    for _ in tasks():
        subprocess.run([sys.executable, "-c", "import torch"], check=True)


def _do(worker: Worker, task: Task) -> None:
    record = worker.do(task)
    if record.status != "ok":
        raise ChildError(f"{task.trial.label}: {record.status}: {record.message}")


WAYS: dict[str, Callable[[Path], None]] = {
    "attnbench: one worker for all trials": one_worker,
    "attnbench: a worker for each trial": worker_each,
    "an interpreter and `import torch` for each trial, and nothing measured": torch_each,
}


def sweeps() -> Iterator[Swept]:
    """Each way in turn, so that drift falls on all of them."""
    with tempfile.TemporaryDirectory() as folder:
        for repetition in range(REPETITIONS):
            for way, run in WAYS.items():
                start = time.perf_counter()
                run(Path(folder) / "worker.log")
                yield Swept(way, repetition, len(tasks()), time.perf_counter() - start)
