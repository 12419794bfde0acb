"""A run: what is left to do, in random order; every record stored the moment it comes."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from attnbench import heads, measure
from attnbench.errors import DeviceError, SuiteError
from attnbench.record import Record
from attnbench.run.executors import Executor
from attnbench.store import RunWriter
from attnbench.suite import Planned, Suite
from attnbench.trial import NO_DEVICE, Task, Trial

STOPS_LARGER = ("oom", "timeout")  # a larger map of the same line would only fail more slowly


class View(Protocol):
    """Whoever looks on: told of each task before it runs and of each record."""

    def begins(self, task: Task) -> None: ...
    def ended(self, record: Record) -> None: ...


@dataclass(frozen=True)
class Work:
    """What a run asks for, in order: planned skips, then counts, then what is timed."""

    skipped: tuple[Planned, ...]
    counted: tuple[Task, ...]
    timed: tuple[Task, ...]

    def __len__(self) -> int:
        return len(self.skipped) + len(self.counted) + len(self.timed)


def work(suite: Suite, device: str, seed: int) -> Work:
    """The tasks of a suite on a device ("cpu", "cuda"). The same seed gives the same order.

    Every round visits its trials in an order of its own, so that drift of the machine falls on
    all of them alike; a count is taken once.
    """
    planned = suite.plan(device)
    to_do = [p for p in planned if not p.skipped]
    timed = [p for p in to_do if _needs_device(p.metrics)]
    counted = [p for p in to_do if not _needs_device(p.metrics)]
    rounds = [
        _task(suite, p, number, metrics, seed)
        for number in range(suite.budget.rounds)
        for p in _shuffled(timed, seed, number)
        if (metrics := p.metrics if number == 0 else tuple(filter(_repeats, p.metrics)))
    ]
    return Work(
        skipped=tuple(p for p in planned if p.skipped),
        counted=tuple(_task(suite, p, 0, p.metrics, seed) for p in counted),
        timed=tuple(rounds),
    )


def resolve_device(asked: str, present: Iterable[str]) -> tuple[str, str | None]:
    """(kind, index of the GPU) of "auto", "cpu", "cuda" or "cuda:1". Raises DeviceError."""
    present = tuple(present)
    gpus = [d for d in present if d.startswith("cuda")]
    if asked == "auto":
        asked = gpus[0] if gpus else "cpu"
    if asked == "cuda" and gpus:
        asked = gpus[0]
    if asked not in present:
        raise DeviceError(f"device {asked!r} is not there; this machine has: {', '.join(present)}")
    kind, _, index = asked.partition(":")
    return kind, index or None


def check_heads(suite: Suite, execute: Executor) -> None:
    """Builds every head of the suite once, without memory. Raises SuiteError for a bad one."""
    trials = {(p.trial.line, p.trial.head): p.trial for p in suite.plan(NO_DEVICE) if not p.skipped}
    for record in execute([Task(t, metrics=(), limits=suite.limits) for t in trials.values()]):
        if record.status != "ok":
            raise SuiteError(f"suite {suite.name}: {record.trial.label}: {record.message}")


@dataclass
class Session:
    """One run of a suite into a run folder. `done` are the (key, round) that need no repeating."""

    work: Work
    writer: RunWriter
    environment: str
    view: View
    done: frozenset[tuple[str, int]] = frozenset()
    _failed: dict[str, list[Record]] = field(default_factory=dict)

    def run(self, execute: Executor) -> None:
        """Does what is left, in order; stores each record before the next task is asked for."""
        for planned in self.work.skipped:
            if (planned.trial.key, 0) not in self.done:
                self._store(self._skip(planned.trial, 0, planned.skipped))
        for tasks in (self.work.counted, self.work.timed):
            for record in execute(self._left(tasks)):
                self._store(record)

    def seen(self, record: Record) -> None:
        """Takes a record of an earlier part of this run into account."""
        if record.status in (*STOPS_LARGER, "error"):
            self._failed.setdefault(record.trial.line, []).append(record)

    def _left(self, tasks: Iterable[Task]) -> Iterator[Task]:
        for task in tasks:
            if (task.trial.key, task.round) in self.done:
                continue
            if reason := self._hopeless(task.trial):
                self._store(self._skip(task.trial, task.round, reason))
                continue
            self.view.begins(task)
            yield task

    def _hopeless(self, trial: Trial) -> str:
        for failed in self._failed.get(trial.line, []):
            size = f"{failed.trial.shape.height}x{failed.trial.shape.width}"
            if failed.key == trial.key:
                return f"it ended with {failed.status} in round {failed.round}"
            if failed.status in STOPS_LARGER and trial.shape.pixels > failed.trial.shape.pixels:
                return f"larger than {size}, which ended with {failed.status}"
        return ""

    def _skip(self, trial: Trial, number: int, reason: str) -> Record:
        return Record(
            trial=trial,
            key=trial.key,
            round=number,
            status="skipped",
            environment=self.environment,
            source=heads.source(trial.head),
            message=reason,
            started=datetime.now(UTC).isoformat(timespec="milliseconds"),
        )

    def _store(self, record: Record) -> None:
        self.writer.append(record)
        self.seen(record)
        self.view.ended(record)


def reusable(records: Iterable[Record], environment: str) -> list[Record]:
    """Records that a resumed run may keep: of this environment, of the heads as they are now."""
    now = {name: heads.source(name) for name in heads.HEADS}
    return [
        r for r in records if r.environment == environment and r.source == now.get(r.trial.head)
    ]


def _needs_device(metrics: Iterable[str]) -> bool:
    return any(measure.describe(m).keywords.get("needs_device") for m in metrics)


def _repeats(metric: str) -> bool:
    return bool(measure.describe(metric).keywords.get("repeat"))


def _shuffled(planned: list[Planned], seed: int, number: int) -> list[Planned]:
    order = list(planned)
    random.Random(f"{seed}:{number}").shuffle(order)  # noqa: S311 an order, not a secret
    return order


def _task(suite: Suite, planned: Planned, number: int, metrics: tuple[str, ...], seed: int) -> Task:
    return Task(planned.trial, metrics, number, suite.budget, suite.limits, seed + number)
