"""The child process: takes tasks as lines on stdin, answers each with a record.

Answers go to a duplicate of stdout; stdout itself then points at stderr, so whatever a head or a
library prints cannot get in between. It ends with its parent, however that ends.
"""

import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import torch

from attnbench import heads, measure
from attnbench.errors import AttnbenchError, UnmeasuredError
from attnbench.measure._bench import Bench
from attnbench.measure._environment import environment
from attnbench.measure._numerics import apply, rounding
from attnbench.measure.memory_predicted import predicted_peak
from attnbench.record import Reading, Record, Status
from attnbench.run import protocol
from attnbench.trial import NO_DEVICE, Settings, Task
from attnbench.units import quantity

PR_SET_PDEATHSIG = 1  # linux/prctl.h
# Threads reserve address space that they never touch: stacks, and an arena each of the allocator.
ADDRESS_SPACE_SLACK = 2 * 10**9
_OUT_OF_MEMORY = ("can't allocate memory", "not enough memory", "bad_alloc", "out of memory")


class TooLargeError(Exception):
    """The step is predicted to need more memory than there is: not run."""


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _end_with_parent()
    apply(msgspec.json.decode(sys.argv[1], type=Settings))
    here = environment()
    answers.write(protocol.encode(protocol.Hello(here, devices())))
    answers.flush()
    for line in sys.stdin.buffer:
        answers.write(protocol.encode(perform(protocol.task(line), here.id)))
        answers.flush()
    os._exit(0)  # what a head left running or registered must not keep us


def devices() -> tuple[str, ...]:
    return ("cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count())))


def perform(task: Task, environment_id: str) -> Record:
    """Does a task in this process. Every failure that leaves the process alive is a record."""
    started, clock = datetime.now(UTC), time.perf_counter()
    readings: dict[str, Reading] = {}
    unmeasured: dict[str, str] = {}
    status, message = _attempt(task, readings, unmeasured)
    return Record(
        trial=task.trial,
        key=task.trial.key,
        round=task.round,
        status=status,
        environment=environment_id,
        source=heads.source(task.trial.head),
        readings=readings,
        unmeasured=unmeasured,
        message=message,
        started=started.isoformat(timespec="milliseconds"),
        seconds=round(time.perf_counter() - clock, 6),
        seed=task.seed,
    )


def _attempt(
    task: Task, readings: dict[str, Reading], unmeasured: dict[str, str]
) -> tuple[Status, str]:
    """Fills in what could be measured; the status and its message."""
    try:
        bench = Bench(task.trial, task.budget, task.seed)
        _ = bench.outline  # a head that cannot be built says so before anything is allocated
        with rounding(task.trial), _limited(bench, task):
            for metric in task.metrics:
                try:
                    readings |= measure.readings(metric, bench)
                except UnmeasuredError as reason:
                    unmeasured[metric] = str(reason)
    except TooLargeError as reason:
        return "skipped", str(reason)
    except AttnbenchError as error:
        return "error", str(error)
    except Exception as error:  # noqa: BLE001 a head may raise anything, and the run goes on
        text = f"{type(error).__name__}: {error}"
        if isinstance(error, MemoryError | torch.OutOfMemoryError) or any(
            words in text for words in _OUT_OF_MEMORY
        ):
            return "oom", text.splitlines()[0]
        return "error", " ".join(text.split())[:500]
    return "ok", ""


@contextmanager
def _limited(bench: Bench, task: Task) -> Iterator[None]:
    """Refuses a step that cannot fit, and bounds the address space that the others may take."""
    if task.trial.device == NO_DEVICE or not task.metrics:
        yield
        return
    needed, allowed = predicted_peak(bench), task.limits.memory_bytes
    if task.trial.device == "cuda":
        allowed = bench.device.free_bytes()
    if needed > allowed:
        raise TooLargeError(
            f"predicted peak {quantity(needed, 'bytes')}, "
            f"above the {quantity(allowed, 'bytes')} allowed"
        )
    before = resource.getrlimit(resource.RLIMIT_AS)
    if task.trial.device == "cpu":
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + allowed + ADDRESS_SPACE_SLACK
        resource.setrlimit(resource.RLIMIT_AS, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _end_with_parent() -> None:
    """The kernel kills this process when its parent dies, so a killed run leaves no orphan."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)


if __name__ == "__main__":
    main()
