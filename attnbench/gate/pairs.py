"""Times taken in pairs: two fresh processes alive together, one of each version, taking turns.

With one version alone they are its processes, one a round.

Which starts first, the order of the cells and, within each cell, the order of the two are drawn at
random from the seed, so that under no difference either side is as likely to be the slower one. The
two never measure at the same time: they would take each other's cache and clock.
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from statistics import median

from attnbench.errors import AttnbenchError
from attnbench.gate.plan import LATENCY
from attnbench.kinds import NO_DEVICE
from attnbench.record import Record
from attnbench.run.executors import REUSABLE
from attnbench.run.isolate import Worker
from attnbench.trial import Budget, Limits, Task, Trial

FAILURES = 2  # of a cell, after which it is not tried again
# Where a stack begins changes times by per cents, and moves with the length of the environment, as
# that of a path (Mytkowicz et al., Producing wrong data without doing anything obviously wrong).
LONGEST_PAD = 4096

Start = Callable[[Mapping[str, str]], Worker]


@dataclass
class Taken:
    """Records of both roles by cell and round, and cells that failed with what was said."""

    records: dict[tuple[str, str, int], Record] = field(default_factory=dict)
    failed: dict[str, list[tuple[str, Record]]] = field(default_factory=dict)

    def add(self, role: str, record: Record) -> None:
        self.records[role, record.key, record.round] = record
        if record.status != "ok":
            self.failed.setdefault(record.key, []).append((role, record))

    def hopeless(self, trial: Trial) -> bool:
        return len(self.failed.get(trial.key, [])) >= FAILURES

    def medians(self, role: str, trial: Trial, rounds: Iterable[int]) -> tuple[float, ...]:
        """Seconds a call, one value a round that has one."""
        records = (self.records.get((role, trial.key, number)) for number in rounds)
        return tuple(
            median(r.readings[LATENCY].samples) for r in records if r and LATENCY in r.readings
        )


@dataclass(frozen=True)
class Pairing:
    """How pairs are measured: a way to start each role, a budget, a seed, and who is told."""

    start: Mapping[str, Start]
    budget: Budget
    limits: Limits
    seed: int
    keep: Callable[[str, Record], None]
    step: Callable[[], None] = lambda: None

    def measure(self, cells: Sequence[Trial], rounds: Sequence[int], taken: Taken) -> None:
        """Adds to `taken` one pair of each cell in every round."""
        for number in rounds:
            drawn = random.Random(f"{self.seed}:{number}")  # noqa: S311 an order, not a secret
            order = [c for c in cells if not taken.hopeless(c)]
            drawn.shuffle(order)
            if not order:
                return
            with _Both(self.start, drawn, self._first(order[0], number)) as both:
                for trial in order:
                    for role in drawn.sample(sorted(self.start), len(self.start)):
                        record = both.do(role, self._task(trial, number))
                        self.keep(role, record)
                        taken.add(role, record)
            self.step()

    def _first(self, trial: Trial, number: int) -> Task:
        """What a worker does before anything is timed, so that it has imported all it needs."""
        on_nothing = replace(trial, device=NO_DEVICE, mode="inference", kernel="eager")
        return replace(self._task(on_nothing, number), metrics=("memory_predicted",))

    def _task(self, trial: Trial, number: int) -> Task:
        return Task(trial, (LATENCY,), number, self.budget, self.limits, self.seed + number)


class _Both:
    """A worker of each role, alive together."""

    def __init__(self, start: Mapping[str, Start], drawn: random.Random, first: Task):
        self._start, self._drawn, self._first = start, drawn, first
        self._workers: dict[str, Worker] = {}

    def __enter__(self) -> "_Both":
        roles = self._drawn.sample(sorted(self._start), len(self._start))
        pads = [self._pad() for _ in roles]
        try:
            with ThreadPoolExecutor(len(roles), "start") as threads:
                for _ in threads.map(self._begin, roles, pads):
                    continue
        except BaseException:  # Ctrl-C included: both have come up by now, or failed to
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        for worker in self._workers.values():
            worker.stop()

    def do(self, role: str, task: Task) -> Record:
        if role not in self._workers:
            self._begin(role, self._pad())
        record = self._workers[role].do(task)
        if record.status not in REUSABLE:
            self._workers.pop(role).stop()
        return record

    def _begin(self, role: str, pad: Mapping[str, str]) -> None:
        """At the second attempt if need be: one killed as it came up must not end a gate."""
        try:
            worker = self._workers[role] = self._start[role](pad)
        except AttnbenchError:
            worker = self._workers[role] = self._start[role](pad)
        if worker.do(self._first).status not in REUSABLE:  # so will its cells, with a record each
            self._workers[role] = self._start[role](pad)

    def _pad(self) -> dict[str, str]:
        return {"ATTNBENCH_PAD": "x" * self._drawn.randrange(LONGEST_PAD)}
