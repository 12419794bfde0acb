"""The two looks of the timed tier: all cells, then once more those that were flagged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from attnbench.errors import SuiteError
from attnbench.gate import rule
from attnbench.gate.result import Answer, Seconds
from attnbench.gate.rule import Tested
from attnbench.gate.rules import Rules
from attnbench.trial import Trial


class Clock(Protocol):
    """Times cells in fresh processes. `paired`: values of one place were taken side by side."""

    paired: bool

    def times(self, cells: Sequence[Trial], rounds: range, what: str) -> list[Seconds]:
        """Of each cell; fewer values than rounds where it failed in some."""


@dataclass(frozen=True)
class Look:
    """What one look at a cell gave: seconds, and the tests of them."""

    seconds: Seconds
    tested: Tested


@dataclass(frozen=True)
class Decision:
    """The answer for one cell. `again` is the second look, where there was one."""

    trial: Trial
    answer: Answer
    margin: float
    first: Look
    again: Look | None = None


def decide_pairs(rules: Rules, cells: int) -> tuple[int, int]:
    """How many pairs are taken, and how many are needed. Raises SuiteError for too few."""
    needed = rule.needed_pairs(cells, rules.level)
    if rules.pairs and rules.pairs < needed:
        raise SuiteError(
            f"{rules.pairs} pairs cannot tell anything of {cells} timed cells at level "
            f"{rules.level:g}: {needed} are needed; ask for them, or for fewer cells (--only)"
        )
    if rules.pairs > rule.MOST_PAIRS:
        raise SuiteError(f"{rules.pairs} pairs: the exact test can do {rule.MOST_PAIRS} at most")
    return rules.pairs or max(needed, rule.DEFAULT_PAIRS), needed


def decide(
    cells: Sequence[Trial], clock: Clock, rules: Rules, pairs: int
) -> tuple[list[Decision], list[Trial]]:
    """Answers for the cells that could be timed in every round, and the cells that could not."""
    looks = _looks(clock.times(cells, range(pairs), "timing"), pairs, paired=clock.paired)
    whole = [(t, v) for t, v in zip(cells, looks, strict=True) if v is not None]
    broken = [t for t, v in zip(cells, looks, strict=True) if v is None]
    if not whole:
        return [], broken
    trials, first = zip(*whole, strict=True)
    margin = np.array([margin_of(v, rules.margin, paired=clock.paired) for v in first])
    tests = joined(first)
    flagged = rule.flagged(tests, rules.level, margin)
    again = _second(trials, flagged, clock, pairs)
    worse = np.array(
        [
            v is not None and bool(rule.confirmed(v.tested, m))
            for v, m in zip(again, margin, strict=True)
        ]
    )
    answers = rule.answers(tests, worse, flagged, rules.level, margin)
    found = zip(trials, map(str, answers), map(float, margin), first, again, strict=True)
    return [Decision(*each) for each in found], broken


def _second(
    trials: Sequence[Trial], flagged: np.ndarray, clock: Clock, pairs: int
) -> list[Look | None]:
    """A look at fresh processes of the cells that were flagged, None for the others."""
    chosen = [t for t, f in zip(trials, flagged, strict=True) if f]
    found: list[Look | None] = []
    if chosen:
        seconds = clock.times(chosen, range(pairs, 2 * pairs), "confirming")
        found = _looks(seconds, pairs, paired=clock.paired)
    of = dict(zip((t.key for t in chosen), found, strict=True))
    return [of.get(t.key) for t in trials]


def _looks(seconds: Sequence[Seconds], pairs: int, *, paired: bool) -> list[Look | None]:
    """None for a cell that lacks a value: what is left of its pairs could not be told."""
    test: Callable = _paired if paired else rule.unpaired
    return [
        Look(sides, test(*map(np.log, sides)))
        if len(sides[1]) == pairs and len(sides[0]) >= (pairs if paired else 2)
        else None
        for sides in seconds
    ]


def _paired(base: np.ndarray, head: np.ndarray) -> Tested:
    return rule.tested(head - base)


def joined(looks: Sequence[Look]) -> Tested:
    fields = Tested.__dataclass_fields__
    return Tested(*(np.array([getattr(v.tested, f) for v in looks]) for f in fields))


def margin_of(look: Look, margin: float, *, paired: bool) -> float:
    """Times that were not taken side by side have the spread of processes on top.

    How much two runs of one code differ is not known from one of each; on a shared machine it is
    about as much as two processes do.
    """
    if paired:
        return margin
    return margin + float(max(np.std(np.log(side), ddof=1) for side in look.seconds))
