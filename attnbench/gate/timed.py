"""The timed tier of a gate: its cells timed on both sides, judged, and told in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, nan

import numpy as np

from attnbench import stats
from attnbench.gate import rule
from attnbench.gate.baseline import Baseline
from attnbench.gate.decide import Decision, Look, Seconds, decide, decide_pairs
from attnbench.gate.halves import Half
from attnbench.gate.pairs import Pairing, Taken
from attnbench.gate.result import Answer, Timing
from attnbench.record import Record
from attnbench.run.isolate import Worker
from attnbench.stats import Estimate
from attnbench.suite import Suite
from attnbench.trial import Trial
from attnbench.units import quantity

UNKNOWN = Estimate(nan, nan, nan)
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Times:
    """Answers of all cells, and what the numbers of pairs could show."""

    cells: tuple[Timing, ...] = ()
    pairs: int = 0
    needed: int = 0
    detectable: float = nan


class Clocks:
    """Times cells of one suite on one device: in pairs, or the head alone beside a baseline."""

    def __init__(
        self, suite: Suite, seed: int, gpu: str | None, tell: Tell, halves: Mapping[str, Half],
        stored: Baseline | None = None,
    ):  # fmt: skip
        self.taken, self.paired = Taken(), stored is None
        self._stored, self._tell, self._halves = stored, tell, halves
        self._told = ("", 0, 0)
        starts = {role: self._starter(half, gpu) for role, half in halves.items()}
        self._pairing = Pairing(starts, suite.budget, suite.limits, seed, self._keep, self._step)

    def times(self, cells: Sequence[Trial], rounds: range, what: str) -> list[Seconds]:
        self._told = (what, 0, len(rounds))
        self._tell(*self._told)
        self._pairing.measure(cells, rounds, self.taken)
        return [(self._base(c, rounds), self.taken.medians("head", c, rounds)) for c in cells]

    def times_before(self, cell: Trial) -> list[float]:
        """Of the baseline."""
        return [] if self._stored is None else self._stored.medians(cell)

    def _base(self, cell: Trial, rounds: range) -> tuple[float, ...]:
        if self._stored is not None:
            return tuple(self.times_before(cell))
        return self.taken.medians("base", cell, rounds)

    def _keep(self, role: str, record: Record) -> None:
        self._halves[role].keep(record)

    def _step(self) -> None:
        what, done, total = self._told
        self._told = (what, done + 1, total)
        self._tell(*self._told)

    def _starter(self, half: Half, gpu: str | None) -> Callable[[Mapping[str, str]], Worker]:
        def start(variables: Mapping[str, str]) -> Worker:
            worker = replace(half.version, gpu=gpu).start(half.log, variables)
            half.writer.add_environment(worker.hello.environment)
            return worker

        return start


def run(trials: Sequence[Trial], suite: Suite, clocks: Clocks, halves: Mapping[str, Half]) -> Times:
    """Raises SuiteError for too few pairs, before anything is measured."""
    rules = suite.gate
    pairs, needed = decide_pairs(rules, len(trials))
    lacking = {t.key: told for t in trials if (told := _lacking(t, halves, clocks))}
    cells = [t for t in trials if t.key not in lacking]
    decisions, broken = decide(cells, clocks, rules, pairs)
    timings = {d.trial.key: timing(d, pairs) for d in decisions}
    timings |= {t.key: _failed(t, clocks.taken, rules.margin) for t in broken}
    timings |= {
        t.key: _untimed(t, *lacking[t.key], rules.margin) for t in trials if t.key in lacking
    }
    least = nan
    if decisions and clocks.paired:
        spread = np.median([np.std(_x(d.first), ddof=1) for d in decisions])
        least = rule.detectable(float(spread), pairs, len(trials), rules.level, rules.margin)
    return Times(tuple(timings[t.key] for t in trials), pairs, needed, least)


def timing(decision: Decision, pairs: int) -> Timing:
    """In the types of a result. The ratio of a cell that was looked at twice is that of the second
    look: the first was chosen for being high.
    """
    look = decision.again or decision.first
    ratio = Estimate(*(exp(float(getattr(look.tested, n))) for n in ("value", "low", "high")))
    base, head = map(stats.median, look.seconds)
    confirmed = None if decision.again is None else decision.answer == "worse"
    told = Timing(
        trial=decision.trial, base=base, head=head, ratio=ratio,
        p=float(decision.first.tested.p_slower), pairs=pairs, margin=decision.margin,
        answer=decision.answer, confirmed=confirmed,
    )  # fmt: skip
    return replace(told, message=_message(told))


def _message(t: Timing) -> str:
    """As in "latency 4.10 ms -> 4.90 ms (+17 % to +22 %, allowed 2 %)"."""
    ends = " to ".join(f"{100 * (v - 1):+.1f} %" for v in (t.ratio.low, t.ratio.high))
    times = " -> ".join(quantity(v.value, "s") for v in (t.base, t.head))
    more = "; flagged, and not confirmed by fresh pairs" if t.confirmed is False else ""
    return f"latency {times} ({ends}, allowed {100 * t.margin:.3g} %{more})"


def _x(look: Look) -> np.ndarray:
    base, head = map(np.log, look.seconds)
    return head - base


def _lacking(trial: Trial, halves: Mapping[str, Half], clocks: Clocks) -> tuple[Answer, str] | None:
    """The answer for a cell that only one side could run, and why; None where both can."""
    missing = {role: told for role, h in halves.items() if (told := h.version.lacks(trial))}
    if not missing and not clocks.paired and len(clocks.times_before(trial)) < 2:
        missing = {"base": "fewer than two processes that timed it"}
    if len(missing) > 1:
        return "same", "neither side has it"
    for role, told in missing.items():
        return ("new" if role == "base" else "gone"), f"{role} has {told}"
    return None


def _failed(trial: Trial, taken: Taken, margin: float) -> Timing:
    """Of a cell that ended with a status other than ok, on one side or on both."""
    failed = taken.failed.get(trial.key, [])
    roles = {role for role, _ in failed}
    _, last = failed[-1]
    said = f"{last.status}: {last.message}"
    if not taken.hopeless(trial):
        return _untimed(trial, "unclear", f"one process of it failed: {said}", margin)
    if roles == {"head"}:
        return _untimed(trial, "worse", f"no longer runs: {said}", margin)
    if roles == {"base"}:
        return _untimed(trial, "new", f"runs now; base: {said}", margin)
    if last.status == "skipped":
        return _untimed(trial, "same", f"runs on neither side: {said}", margin)
    return _untimed(trial, "unclear", f"runs on neither side: {said}", margin)


def _untimed(trial: Trial, answer: Answer, message: str, margin: float) -> Timing:
    none = (UNKNOWN, UNKNOWN, UNKNOWN)
    return Timing(trial, *none, p=1.0, pairs=0, margin=margin, answer=answer, message=message)
