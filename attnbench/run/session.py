"""A run: what is left to do, in random order; every record stored the moment it comes."""

import random
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

import attnbench.measure as measure
from attnbench import heads
from attnbench.errors import DeviceError, SuiteError
from attnbench.kinds import NO_DEVICE
from attnbench.lines import latest
from attnbench.record import Record, Status
from attnbench.run.executors import Executor
from attnbench.source import source
from attnbench.store import RunWriter
from attnbench.suite import Planned, Suite
from attnbench.trial import Task, Trial

STOPS_LARGER = ("oom", "timeout")  # a larger map of the same line would only fail more slowly
FAILED: tuple[Status, ...] = ("oom", "timeout", "crashed", "error")


class View(Protocol):
    """Whoever looks on: told of each task before it runs and of each record."""

    def begins(self, task: Task) -> None: ...
    def ended(self, record: Record) -> None: ...


@dataclass(frozen=True)
class Work:
    """What a run asks for, in order: planned skips, counts, what is trained, what is timed."""

    skipped: tuple[Planned, ...]
    counted: tuple[Task, ...]
    timed: tuple[Task, ...]
    trained: tuple[Task, ...] = ()  # on a device, where others may be at work beside it

    def __len__(self) -> int:
        return sum(map(len, (self.skipped, self.counted, self.timed, self.trained)))


def work(suite: Suite, device: str, seed: int, folder: str = "") -> Work:
    """The tasks of a suite on a device ("cpu", "cuda"). The same seed gives the same order.

    Every round visits its trials in an order of its own, so that drift of the machine falls on
    all of them alike; a count is taken once. In `folder` trainings keep their state.
    """
    planned = suite.plan(device)
    to_do = [p for p in planned if not p.skipped]
    timed = [p for p in to_do if _needs_device(p.metrics)]
    counted = [p for p in to_do if not _needs_device(p.metrics)]
    rounds = [
        _task(suite, p, number, metrics, seed, folder)
        for number in range(suite.budget.rounds)
        for p in _shuffled(timed, seed, number)
        if (metrics := p.metrics if number == 0 else tuple(filter(_repeats, p.metrics)))
    ]
    return Work(
        skipped=tuple(p for p in planned if p.skipped),
        counted=tuple(_task(suite, p, 0, p.metrics, seed) for p in counted),
        timed=tuple(task for task in rounds if _is_timed(task.metrics)),
        trained=tuple(task for task in rounds if not _is_timed(task.metrics)),
    )


def shares(timed: tuple[Task, ...], slots: int) -> list[tuple[Task, ...]]:
    """What is timed, in parts that one device must do: all of it, or with several what is compared.

    Heads are compared, and followed over the size of the map, at equal part, backbone, batch,
    channels, type and mode. Two cards of one model differ by more than heads may (docs/method.md).
    """
    if slots == 1:
        return [timed]
    groups: dict[tuple, list[Task]] = {}
    for task in timed:
        t = task.trial
        group = (t.part, t.backbone, t.shape.batch, t.shape.channels, t.dtype, t.mode)
        groups.setdefault(group, []).append(task)
    # The longest first: what comes last then keeps one slot busy alone for the least time.
    return sorted(map(tuple, groups.values()), key=len, reverse=True)


def resolve_device(asked: str, present: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """Kind, and indices of the GPUs, of "auto", "cpu", "cuda", "cuda:1" or "cuda:all".

    Raises DeviceError.
    """
    present = tuple(present)
    gpus = [d for d in present if d.startswith("cuda")]
    if asked == "auto":
        asked = gpus[0] if gpus else "cpu"
    if asked == "cuda:all" and gpus:
        return "cuda", tuple(d.partition(":")[2] for d in gpus)
    if asked == "cuda" and gpus:
        asked = gpus[0]
    if asked not in present:
        raise DeviceError(f"device {asked!r} is not there; this machine has: {', '.join(present)}")
    kind, _, index = asked.partition(":")
    return kind, (index,) if index else ()


def check_heads(suite: Suite, execute: Callable[[Iterable[Task]], Iterable[Record]]) -> None:
    """Builds every head of the suite once, without memory. Raises SuiteError for a bad one."""
    trials = {(p.trial.line, p.trial.head): p.trial for p in suite.plan(NO_DEVICE) if not p.skipped}
    for record in execute([Task(t, metrics=(), limits=suite.limits) for t in trials.values()]):
        if record.status != "ok":
            raise SuiteError(f"suite {suite.name}: {record.trial.label}: {record.message}")


@dataclass
class Session:
    """One run of a suite into a run folder. `done` are the (key, round) that need no repeating.

    `slots` is how many devices do what is timed.
    """

    work: Work
    writer: RunWriter
    environment: str
    view: View
    done: frozenset[tuple[str, int]] = frozenset()
    slots: int = 1
    _failed: dict[str, list[Record]] = field(default_factory=dict)

    def run(self, time: Executor, count: Executor | None = None) -> None:
        """Does what is left, in order; stores each record before its slot asks for the next task.

        All is counted before anything is timed, by `count` where the two differ; what is trained
        too, unless `slots` are cards.
        """
        for planned in self.work.skipped:
            if (planned.trial.key, 0) not in self.done:
                self._store(self._skip(planned.trial, 0, planned.skipped))
        counted = [(task,) for task in self.work.counted]  # each may be done by any slot
        trained = [(task,) for task in self.work.trained]
        timed = shares(self.work.timed, self.slots)
        on_cpu = all(task.trial.device == "cpu" for task in self.work.trained)
        train = count if count and on_cpu else time
        for execute, parts in ((count or time, counted), (train, trained), (time, timed)):
            with closing(execute(self._left(part) for part in parts)) as records:
                for record in records:
                    self._store(record)

    def seen(self, record: Record) -> None:
        """Takes a record of an earlier part of this run into account."""
        if record.status in (*STOPS_LARGER, "error"):
            self._failed.setdefault(record.trial.line, []).append(record)

    def _left(self, tasks: Iterable[Task]) -> Iterator[Task]:
        for task in tasks:
            if (task.trial.key, task.round) in self.done:
                continue
            if reason := self._hopeless(task):
                self._store(self._skip(task.trial, task.round, reason))
                continue
            self.view.begins(task)
            yield task

    def _hopeless(self, task: Task) -> str:
        trial = task.trial
        for failed in self._failed.get(trial.line, []):
            size = f"{failed.trial.shape.height}x{failed.trial.shape.width}"
            if failed.status == "error" and task.training and task.round:
                continue  # a training that came to nothing may do better with another seed
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
            source=source(trial.head, trial.part),
            message=reason,
            started=datetime.now(UTC).isoformat(timespec="milliseconds"),
        )

    def _store(self, record: Record) -> None:
        self.writer.append(record)
        self.seen(record)
        self.view.ended(record)


@dataclass(frozen=True)
class Kept:
    """Records of an earlier part of a run that count, and why the others do not."""

    records: tuple[Record, ...]
    other_code: tuple[Record, ...] = ()
    other_environment: tuple[Record, ...] = ()
    to_retry: tuple[Record, ...] = ()


def reusable(
    records: Collection[Record],
    environments: Collection[str],
    *,
    retry: bool = False,
    planned: Collection[str] = (),
) -> Kept:
    """What a resumed run may keep: made in these environments by the heads as they are now.

    With `retry` what failed is done again, and what was skipped because of it; `planned` are the
    keys of trials that the suite itself skips. A training that its worker skipped, for want of data
    or of memory, is done again in any case: they may be there by now.
    """
    places = {(r.trial.head, r.trial.part) for r in records if r.trial.head in heads.HEADS}
    trained = {place: source(*place, trained=True) for place in places}
    now = {place: {source(*place), trained[place]} for place in places}
    kept, code, elsewhere = [], [], []
    for record in latest(records):
        if record.source not in now.get((record.trial.head, record.trial.part), ()):
            code.append(record)
        elif record.environment not in environments:
            elsewhere.append(record)
        else:
            kept.append(record)
    failed = {r.trial.line for r in kept if r.status in FAILED} if retry else set()

    def again(record: Record) -> bool:
        is_skipped = record.status == "skipped"
        if is_skipped and record.source == trained[record.trial.head, record.trial.part]:
            return True
        for_it = is_skipped and record.key not in planned
        return record.trial.line in failed and (record.status in FAILED or for_it)

    return Kept(
        tuple(r for r in kept if not again(r)),
        tuple(code),
        tuple(elsewhere),
        tuple(filter(again, kept)),
    )


def _needs_device(metrics: Iterable[str]) -> bool:
    return any(measure.describe(m).keywords.get("needs_device") for m in metrics)


def _is_timed(metrics: Iterable[str]) -> bool:
    """Whether one of them needs its device alone."""
    facts = (measure.describe(m).keywords for m in metrics)
    return any(f.get("needs_device") and f.get("timed", True) for f in facts)


def _repeats(metric: str) -> bool:
    return bool(measure.describe(metric).keywords.get("repeat"))


def _shuffled(planned: list[Planned], seed: int, number: int) -> list[Planned]:
    order = list(planned)
    random.Random(f"{seed}:{number}").shuffle(order)  # noqa: S311 an order, not a secret
    return order


def _task(
    suite: Suite, planned: Planned, number: int, metrics: tuple[str, ...], seed: int,
    folder: str = "",
) -> Task:  # fmt: skip
    task = Task(planned.trial, metrics, number, suite.budget, suite.limits, seed + number)
    if _is_trained(metrics):
        return replace(task, training=suite.training, folder=folder)
    return task


def _is_trained(metrics: Iterable[str]) -> bool:
    return any(not measure.describe(m).keywords.get("timed", True) for m in metrics)
