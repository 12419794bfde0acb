"""What a gate found: an answer for every quantity of every trial, and how it was come by."""

from dataclasses import dataclass
from typing import Literal

from attnbench.record import Better
from attnbench.stats import Estimate
from attnbench.trial import Trial

# "new" and "gone" are of trials that only one side could run; neither fails a change.
Answer = Literal["better", "same", "worse", "unclear", "new", "gone"]
Seconds = tuple[tuple[float, ...], tuple[float, ...]]  # a call: of base and of head, one a process


@dataclass(frozen=True)
class Change:
    """One quantity without noise, on both sides: the exact tier.

    `term` is the term of the count that changed most, such as "affinity". `base` and `head` are
    None where a side has no such number. `message` says in one line what changed, by how much.
    """

    trial: Trial
    quantity: str  # a reading, such as "macs.counted", or "output"
    unit: str
    better: Better
    base: int | float | None
    head: int | float | None
    answer: Answer
    term: str = ""
    message: str = ""


@dataclass(frozen=True)
class Timing:
    """The latency of one trial on both sides: the timed tier.

    `base` and `head` are seconds a call, medians of the medians of processes; `ratio` is head over
    base, from pairs. `p` is of the one-sided sign-flip test that head is not slower, before Holm.
    `confirmed` says whether fresh pairs showed it again; None where none were asked.
    """

    trial: Trial
    base: Estimate
    head: Estimate
    ratio: Estimate
    p: float
    pairs: int
    margin: float  # relative, below which a difference is of no use
    answer: Answer
    confirmed: bool | None = None
    message: str = ""


@dataclass(frozen=True)
class Side:
    """Base or head: what was asked for ("origin/main"), and what that was."""

    name: str
    commit: str = ""
    environment: str = ""  # id of the environment that its records have


@dataclass(frozen=True)
class Gate:
    """Everything a gate has to say; `attnbench.gate.outputs` writes it for programs.

    `needed` is the number of pairs without which no cell could be told worse at `level`;
    `detectable` the smallest relative slow-down that the median cell would mostly show, NaN where
    nothing was timed.
    """

    suite: str
    base: Side
    head: Side
    exact: tuple[Change, ...] = ()
    timed: tuple[Timing, ...] = ()
    level: float = 0.01  # of a false alarm anywhere in the suite
    pairs: int = 0
    needed: int = 0
    detectable: float = float("nan")
    seed: int = 0
    started: str = ""  # ISO 8601, UTC
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def answer(self) -> Answer:
        """The worst that any of it says: worse, then unclear, then better, then same."""
        found = {item.answer for item in (*self.exact, *self.timed)}
        for answer in ("worse", "unclear", "better"):
            if answer in found:
                return answer
        return "same"
