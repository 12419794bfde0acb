"""Where the time of a run goes: seconds by what they were spent on, which add up to the whole."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

# Of a worker, for each task.
WINDOWS = "measuring windows"  # in which samples are taken
WARM_UP = "warm-up"
BUILDING = "heads and inputs"  # built, checked by a first call, compiled
OTHER = "other metrics"  # all that is not timed: counts, predictions, memory; statistics
# Of a slot, around its workers.
STARTING = "starting workers"  # and ending them
PASSING = "passing tasks and records"
UNANSWERED = "tasks without an answer"  # that ended with their worker, or by time
# Of the run.
PREPARING = "looking at suite and machine"
OWN = "the run itself"  # it stores and shows records; slots without a task wait for others
ENDING = "tables and verdicts"

PARTS = (WINDOWS, WARM_UP, BUILDING, OTHER, STARTING, PASSING, UNANSWERED, PREPARING, OWN, ENDING)


@dataclass
class Stopwatch:
    """Seconds by what they were spent on. What is begun within another is not in that one."""

    clock: Callable[[], float] = time.perf_counter
    seconds: Counter[str] = field(default_factory=Counter)
    _since: float = 0.0
    _what: str = ""

    @contextmanager
    def on(self, what: str) -> Iterator[None]:
        outer = self.begin(what)
        try:
            yield
        finally:
            self.begin(outer)

    def begin(self, what: str) -> str:
        """Ends what went on until now, and returns its name; "" is nothing that is counted."""
        now, before = self.clock(), self._what
        if before:
            self.seconds[before] += now - self._since
        self._what, self._since = what, now
        return before

    def split(self, what: str, parts: Mapping[str, float]) -> None:
        """Some of the seconds of `what` were spent on these."""
        self.seconds.update(parts)
        self.seconds[what] -= sum(parts.values())
