"""Executors: functions that turn shares of tasks into records, as they are done.

A share is what one slot does from its first task to its last, so that what is compared comes from
one device; a slot is one place where one task at a time is done. A task is pulled only when a slot
can do it, so what has come may still change what is asked next.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import chain
from typing import Protocol

from attnbench.errors import AttnbenchError, DeviceError
from attnbench.record import Record
from attnbench.run.isolate import Worker
from attnbench.run.protocol import Hello
from attnbench.source import source_of
from attnbench.stopwatch import PASSING, STARTING, Stopwatch
from attnbench.trial import Task

Executor = Callable[[Iterable[Iterable[Task]]], Generator[Record, None, None]]
REUSABLE = ("ok", "skipped")  # after any other status the process may be in any state
PLACE_SECONDS = 60.0  # to wait for a slot where all that there were are lost


class LostError(Exception):
    """A slot is gone, with the task that it had: its machine or the process that held it died."""


class Slot(Protocol):
    """One place that does a task at a time. `abort` may come from another thread at any time."""

    spent: Stopwatch  # what the time of its workers went into

    def begin(self) -> Hello | None:
        """Waits until it can do tasks; what it is, where that is news. Raises LostError."""

    def do(self, task: Task) -> Record:
        """Raises LostError; another slot may then do the task, or this one after `begin`."""

    def abort(self) -> None:
        """Makes a call that is going on come back soon."""

    def stop(self) -> None:
        """Ends what is left running. The slot may be used again."""


class WorkerSlot:
    """A worker process of this machine: a fresh one for every round and after any failure."""

    def __init__(self, start: Callable[[], Worker]):
        self._start = start
        self._worker: Worker | None = None
        self._round: int | None = None  # None: it has done nothing yet
        self._aborted = False
        self.spent = Stopwatch()

    def begin(self) -> Hello | None:
        self._aborted = False
        return None

    def hello(self) -> Hello:
        """What a worker here says of itself. It does the first tasks that come."""
        if self._worker is None:
            self._worker, self._round = self._start(), None
        return self._worker.hello

    def do(self, task: Task) -> Record:
        if self._round not in (None, task.round):
            self.stop()
        if self._worker is None:
            with self.spent.on(STARTING):
                self._worker = _started(self._start)
        self._round = task.round
        if self._aborted:
            raise LostError("given up")
        with self.spent.on(PASSING):
            record = self._worker.do(task)
        self.spent.split(PASSING, self._worker.spent)
        if record.status not in REUSABLE:
            self.stop()
        return record

    def abort(self) -> None:
        self._aborted = True
        if (worker := self._worker) is not None:
            worker.abort()

    def stop(self) -> None:
        if self._worker is not None:
            with self.spent.on(STARTING):
                self._worker.stop()
        self._worker = self._round = None


def inline(tasks: Iterable[Task]) -> Iterator[Record]:
    """In this very process: for tests, and for looking at a head with a debugger."""
    from attnbench.measure._environment import environment  # noqa: PLC0415 imports torch
    from attnbench.run.worker import perform  # noqa: PLC0415 imports torch

    here = environment()
    for task in tasks:
        yield perform(task, here.id)


def local(tasks: Iterable[Task], start: Callable[[], Worker]) -> Iterator[Record]:
    """In worker processes of this machine, one at a time; a fresh one for every round."""
    return spread([tasks], [WorkerSlot(start)])


def spread(
    shares: Iterable[Iterable[Task]],
    slots: Sequence[Slot],
    welcome: Callable[[Hello], None] = lambda _: None,
    spent: Callable[[Mapping[str, float]], None] = lambda _: None,
) -> Generator[Record, None, None]:
    """By all slots at once; `welcome` is told of each that comes up.

    When it ends, `spent` is told seconds by what they were spent on: those of one of n slots count
    as a part in n, so that all are at most the time that it took.

    A task that is lost with its slot is done by another once, and is a crashed record if it is
    lost again. Raises DeviceError when no slot is left.
    """
    for slot in slots:
        slot.spent.seconds.clear()
    crew = _Crew(shares, slots, welcome)
    try:
        while crew.set_to_work():
            for future in crew.ended():
                if (record := crew.take(future)) is not None:
                    yield record
    finally:
        crew.dismiss()
        for slot in slots:
            spent({what: seconds / len(slots) for what, seconds in slot.spent.seconds.items()})


class _Crew:
    """Slots at work: who does what, who is coming up, who is free."""

    def __init__(
        self,
        shares: Iterable[Iterable[Task]],
        slots: Sequence[Slot],
        welcome: Callable[[Hello], None],
    ):
        self._todo, self._slots, self._welcome = _Shares(shares), slots, welcome
        # A thread a slot: the kernel ends a worker with the thread that started it.
        self._threads = ThreadPoolExecutor(max(len(slots), 1), "slot")
        self._busy: dict[Future, tuple[Slot, Task | None]] = {}  # None: it is coming up
        self._idle: list[Slot] = []
        self._environments: dict[Slot, str] = {}
        self._retried: set[tuple[str, int]] = set()
        for slot in slots:
            self._call(slot)

    def set_to_work(self) -> bool:
        """Gives each free slot a task. False when all is done."""
        for slot in self._idle.copy():
            if (task := self._todo.next(slot)) is not None:
                self._busy[self._threads.submit(slot.do, task)] = slot, task
                self._idle.remove(slot)
        return not self._idle or self._working()

    def ended(self) -> set[Future]:
        """Waits for the next to end. Raises DeviceError when none is left that could."""
        seconds = None if self._working() else PLACE_SECONDS
        ended = wait(self._busy, seconds, FIRST_COMPLETED).done
        if not ended:
            raise DeviceError("no place is left that could do the rest; --resume goes on later")
        return ended

    def take(self, future: Future) -> Record | None:
        """What has come of it, where that is a record."""
        slot, task = self._busy.pop(future)
        try:
            result = future.result()
        except LostError as reason:
            return None if task is None else self._lost(slot, task, reason)
        self._idle.append(slot)
        if isinstance(result, Hello):
            self._environments[slot] = result.environment.id
            self._welcome(result)
        return result if isinstance(result, Record) else None

    def dismiss(self) -> None:
        for future, (slot, _) in self._busy.items():
            if not future.done():
                slot.abort()
        self._threads.shutdown()
        for slot in self._slots:
            slot.stop()

    def _call(self, slot: Slot) -> None:
        self._busy[self._threads.submit(slot.begin)] = slot, None

    def _working(self) -> bool:
        return any(task is not None for _, task in self._busy.values())

    def _lost(self, slot: Slot, task: Task, reason: LostError) -> Record | None:
        name = (task.trial.key, task.round)
        again = name not in self._retried
        self._retried.add(name)
        self._todo.give_back(slot, [task] if again else [])
        self._call(slot)
        if again:
            return None
        return _crashed(task, f"lost twice: {reason}", self._environments.get(slot, ""))


class _Shares:
    """Which task a slot does next: the rest of its share, one that was left behind, a new one."""

    def __init__(self, shares: Iterable[Iterable[Task]]):
        self._new = iter(shares)
        self._left_behind: deque[Iterator[Task]] = deque()
        self._of: dict[Slot, Iterator[Task]] = {}

    def next(self, slot: Slot) -> Task | None:
        """None when nothing is left that is not already another slot's."""
        while True:
            if slot not in self._of:
                share = self._left_behind.popleft() if self._left_behind else next(self._new, None)
                if share is None:
                    return None
                self._of[slot] = iter(share)
            if (task := next(self._of[slot], None)) is not None:
                return task
            del self._of[slot]

    def give_back(self, slot: Slot, tasks: Iterable[Task]) -> None:
        """Leaves the share of a lost slot to the others, with `tasks` to be done first."""
        self._left_behind.append(chain(tasks, self._of.pop(slot)))


def _crashed(task: Task, message: str, environment: str) -> Record:
    return Record(
        trial=task.trial,
        key=task.trial.key,
        round=task.round,
        status="crashed",
        environment=environment,
        source=source_of(task),
        message=message,
        seed=task.seed,
    )


def _started(start: Callable[[], Worker]) -> Worker:
    """A worker, at the second attempt if need be: one killed as it came up must not end a run."""
    try:
        return start()
    except AttnbenchError:
        return start()
