"""What a self-test of the gate found: its decisions, and how often they were wrong."""

from dataclasses import dataclass
from math import inf

import msgspec

from attnbench import stats
from attnbench.gate.result import Answer, Seconds
from attnbench.record import Environment
from attnbench.stats import Estimate
from attnbench.trial import Trial

SIZES = (0.01, 0.02, 0.05, 0.1, 0.2)  # planted slow-downs
POWER = 0.8


@dataclass(frozen=True)
class Judged:
    """One decision: what was planted, what was said, and the seconds that it was said from."""

    gate: int
    trial: Trial
    planted: float
    answer: Answer
    p: float
    first: Seconds
    again: Seconds | None = None


@dataclass(frozen=True)
class SelfTest:
    """Decisions so far, and how they were come by."""

    suite: str
    seed: int
    environment: Environment
    level: float
    margin: float
    pairs: int
    needed: int
    started: str
    seconds: float = 0.0
    decisions: tuple[Judged, ...] = ()

    @property
    def gates(self) -> int:
        return len({d.gate for d in self.decisions})

    def share(self, planted: float, answer: Answer = "worse") -> Estimate:
        """How often cells with that slow-down got this answer, with Clopper-Pearson's interval."""
        those = [d.answer for d in self.decisions if d.planted == planted]
        return stats.share(those.count(answer), len(those))

    def count(self, planted: float, answer: Answer | None = None) -> int:
        """Decisions with that slow-down, and of them those with this answer."""
        return sum(d.planted == planted and answer in (None, d.answer) for d in self.decisions)

    @property
    def gates_with_false_alarm(self) -> int:
        return len({d.gate for d in self.decisions if not d.planted and d.answer == "worse"})

    @property
    def caught(self) -> float:
        """The smallest planted slow-down from which on POWER of them were caught, or more."""
        smallest = inf
        for size in sorted(SIZES, reverse=True):
            if not self.share(size).value >= POWER:
                break
            smallest = size
        return smallest

    @property
    def holds(self) -> bool:
        """Whether the false alarms are no reason to doubt the level."""
        return not self.share(0.0).low > self.level


def as_json(found: SelfTest) -> str:
    return msgspec.json.format(msgspec.json.encode(found)).decode() + "\n"
