"""The child process: takes tasks as lines on stdin, answers each with a record.

Answers go to a duplicate of stdout; stdout itself then points at stderr, so whatever a head or a
library prints cannot get in between. A copy of it that a head makes by a fork does not answer.
"""

import gc
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import msgspec
import torch
from torch import nn

import attnbench.measure as measure
from attnbench.errors import AttnbenchError, MissingDataError, UnmeasuredError
from attnbench.heads import HEADS
from attnbench.kinds import NO_DEVICE
from attnbench.measure._bench import Bench
from attnbench.measure._environment import environment
from attnbench.measure._numerics import apply, rounding
from attnbench.measure.memory_predicted import predicted_peak
from attnbench.record import Reading, Record, Status
from attnbench.registry import adopt
from attnbench.run import out_of_memory, protocol
from attnbench.source import source, source_of
from attnbench.stopwatch import BUILDING, OTHER, Stopwatch
from attnbench.trial import Settings, Task
from attnbench.units import quantity

# Threads reserve address space that they never touch: stacks, and an arena each of the allocator.
ADDRESS_SPACE_SLACK = 2 * 10**9
OUTLINES = 64  # kept at most; of a block each takes 40 kB


class TooLargeError(Exception):
    """The step is predicted to need more memory than there is: not run."""


def main() -> None:
    answers, me = os.fdopen(os.dup(1), "wb"), os.getpid()
    os.dup2(2, 1)
    apply(msgspec.json.decode(sys.argv[1], type=Settings))
    here = environment()
    answers.write(protocol.encode(protocol.Hello(here, devices())))
    answers.flush()
    for number, line in enumerate(sys.stdin.buffer):
        watch = Stopwatch()
        record = perform(protocol.task(line), here.id, watch)
        if os.getpid() != me:
            os._exit(0)
        answers.write(protocol.answer(record, watch.seconds))
        answers.flush()
        if number == 0:
            forget_modules()
    os._exit(0)  # what a head left running or registered must not keep us


def devices() -> tuple[str, ...]:
    return ("cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count())))


def forget_modules() -> None:
    """Leaves what is imported out of later garbage collections, which else take longer than most
    tasks: a million objects of torch. The first task has imported the last of them.
    """
    gc.collect()
    gc.freeze()


def perform(task: Task, environment_id: str, spent: Stopwatch | None = None) -> Record:
    """Does a task in this process. Every failure that leaves the process alive is a record."""
    spent = spent or Stopwatch()
    started, clock = datetime.now(UTC), time.perf_counter()
    readings: dict[str, Reading] = {}
    unmeasured: dict[str, str] = {}
    with spent.on(OTHER):
        status, message = _attempt(task, readings, unmeasured, spent)
    return Record(
        trial=task.trial,
        key=task.trial.key,
        round=task.round,
        status=status,
        environment=environment_id,
        source=_hashed(task),
        readings=readings,
        unmeasured=unmeasured,
        message=message,
        started=started.isoformat(timespec="milliseconds"),
        seconds=round(time.perf_counter() - clock, 6),
        seed=task.seed,
    )


_source = cache(source)  # of what this process has imported, which does not change any more
_outlines: dict[tuple[object, str], nn.Module] = {}


def _hashed(task: Task) -> str:
    try:
        return source_of(task, _source)
    except AttnbenchError:  # there is no such code here; the message of the record says so
        return ""


def _attempt(
    task: Task, readings: dict[str, Reading], unmeasured: dict[str, str], spent: Stopwatch
) -> tuple[Status, str]:
    """Fills in what could be measured; the status and its message."""
    try:
        adopt(task.own)
        told = (task.round, task.training, task.folder)
        bench = Bench(task.trial, task.budget, task.seed, *told, spent)
        # A head that cannot be built says so before anything is allocated.
        with spent.on(BUILDING):
            bench.outline = _outline(bench, task.metrics)
        with rounding(task.trial), _limited(bench, task):
            for metric in task.metrics:
                try:
                    readings |= measure.readings(metric, bench)
                except UnmeasuredError as reason:
                    unmeasured[metric] = str(reason)
    except (TooLargeError, MissingDataError) as reason:
        return "skipped", str(reason)
    except AttnbenchError as error:
        return "error", str(error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 a head may raise anything
        text = f"{type(error).__name__}: {error}"
        is_memory = isinstance(error, MemoryError | torch.OutOfMemoryError)
        if is_memory or out_of_memory.says_so(text):
            return "oom", text.splitlines()[0]
        return "error", " ".join(text.split())[:500]
    return "ok", ""


def _outline(bench: Bench, metrics: tuple[str, ...]) -> nn.Module:
    """That of an earlier trial which differs in height and width alone, if there was one: building
    it takes half as long as running it. A user's code may leave anything in its own: a fresh one.
    """
    head = bench.trial.head
    if HEADS.is_own(head) or any(map(measure.METRICS.is_own, metrics)):
        return bench.outline
    key = HEADS[head], bench.trial.line
    if key not in _outlines:
        if len(_outlines) == OUTLINES:
            _outlines.clear()
        _outlines[key] = bench.outline
    outline, training = _outlines[key], bench.trial.mode == "training"
    return outline if outline.training == training else outline.train(training)


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


if __name__ == "__main__":
    main()
