"""Two stored runs held against each other by the rules of the gate: counts, then what was measured.

Nothing is measured here, so what is flagged cannot be looked at once more, and the first look
decides. Its chance of a false alarm anywhere is the level of the rules, by itself.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from math import exp, log
from statistics import median

import numpy as np

from attnbench import stats
from attnbench.api.comparison import WORST_FIRST, Change, Comparison, Verdict
from attnbench.api.one_place import one_place
from attnbench.gate import exact, rule
from attnbench.gate.decide import Look, joined, margin_of
from attnbench.gate.errors import NotComparableError
from attnbench.gate.result import Change as Counted
from attnbench.gate.rules import Rules
from attnbench.machines import apart
from attnbench.record import Reading, Record
from attnbench.stats import Estimate
from attnbench.store import Run
from attnbench.trial import Trial
from attnbench.units import quantity

UNPAIRED = (
    "the runs were not taken side by side: what the machine drifted between them is in every "
    "time, and its margin is wider by the spread of processes"
)
Sides = tuple[tuple[float, ...], tuple[float, ...]]  # medians of processes, before and after


@dataclass(frozen=True)
class Chosen:
    """What is compared: empty for all. A head is named by its name or its label."""

    heads: Collection[str] = ()
    metrics: Collection[str] = ()

    def has_trial(self, trial: Trial) -> bool:
        return not self.heads or trial.head in self.heads or trial.label in self.heads

    def has_metric(self, name: str) -> bool:
        return not self.metrics or name in self.metrics or name == "status"

    def has_measured(self, name: str) -> bool:
        """Of what is measured, the reading of a metric that has its name, unless others are named.

        What stands beside it, as the time of the first call, says much the same again.
        """
        return name in self.metrics if self.metrics else "." not in name


@dataclass(frozen=True)
class Cell:
    """A measured reading of one trial in both runs, the values of `sides` one a process."""

    trial: Trial
    metric: str
    reading: Reading
    sides: Sides

    @property
    def is_testable(self) -> bool:
        """Whether there are logarithms, and a spread of both sides."""
        return min(map(len, self.sides)) > 1 and min(map(min, self.sides)) > 0

    @property
    def look(self) -> Look:
        """Positive where it changed for the worse."""
        before, after = self.sides
        sides = (before, after) if self.reading.better == "lower" else (after, before)
        return Look(sides, rule.unpaired(*map(np.log, sides)))


def comparison(
    before: Run, after: Run, rules: Rules, chosen: Chosen = Chosen(), *, allowed: bool = False
) -> Comparison:
    """Raises NotComparableError for runs of other machines or versions of torch, unless `allowed`,
    and for runs that have no trial in common.
    """
    old, new = (_by_trial(run, chosen) for run in (before, after))
    both = [key for key in old if key in new]
    if not both:
        raise NotComparableError(f"{before.path} and {after.path} have no trial in common")
    cells = [c for key in both for c in _cells(old[key], new[key], chosen)]
    measured = {cell.trial.key for cell in cells}
    places = {(old[k][0].environment, new[k][0].environment, k in measured) for k in both}
    notes = one_place(before, after, places, allowed=allowed)
    changes = [
        *(_counted(c, rules) for c in _counts(old, new, rules) if chosen.has_metric(c.quantity)),
        *_measured([c for c in cells if c.is_testable], rules),
        *(_untested(c, rules) for c in cells if not c.is_testable),
        *_lacking(old, new, both, chosen, rules),
    ]
    changes.sort(key=lambda change: (WORST_FIRST.index(change.verdict), -_harm(change)))
    return Comparison(
        str(before.path), str(after.path), tuple(changes), rules.margin, rules.level,
        (*notes, *_of_times(cells, rules), *before.warnings, *after.warnings),
    )  # fmt: skip


def _harm(change: Change) -> float:
    """How much worse: the logarithm of the ratio, its sign turned where higher is better."""
    ratio = change.ratio.value if change.ratio else 1.0
    harm = log(ratio) if ratio > 0 else 0.0
    return harm if change.better == "lower" else -harm


def _by_trial(run: Run, chosen: Chosen) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in apart(run.records):
        if chosen.has_trial(record.trial):
            found.setdefault(record.key, []).append(record)
    return {key: sorted(records, key=lambda r: r.round) for key, records in found.items()}


def _told(records: list[Record]) -> Record:
    """The one that speaks for a trial: of the first round, or the first that did not go well."""
    return next((r for r in records if r.status != "ok"), records[0])


def _counts(
    old: dict[str, list[Record]], new: dict[str, list[Record]], rules: Rules
) -> Iterator[Counted]:
    for key in dict.fromkeys((*old, *new)):
        if key not in old:
            yield exact.lacking(new[key][0].trial, "base", "no record of it")
        elif key not in new:
            yield exact.lacking(old[key][0].trial, "head", "no record of it")
        else:
            yield from exact.changes(_told(old[key]), _told(new[key]), rules)


def _counted(found: Counted, rules: Rules) -> Change:
    before, after = (None if v is None else stats.exactly(v) for v in (found.base, found.head))
    ratio = None
    if before is not None and after is not None and before.value:
        ratio = stats.exactly(after.value / before.value)
    broke = found.quantity == "status" and found.answer == "worse"
    message = found.message.replace("head has", "after has").replace("base has", "before has")
    return Change(
        found.trial, found.quantity, found.unit, found.better, before, after, ratio,
        "broke" if broke else found.answer, rules.tolerate.get(found.quantity, 0.0),
        message or found.quantity,
    )  # fmt: skip


def _cells(old: list[Record], new: list[Record], chosen: Chosen) -> Iterator[Cell]:
    if any(_told(records).status != "ok" for records in (old, new)):
        return
    for name, reading in _readings(new).items():
        if name in _readings(old) and chosen.has_measured(name):
            sides = _medians(old, name), _medians(new, name)
            yield Cell(new[0].trial, name, reading, sides)


def _readings(records: list[Record]) -> dict[str, Reading]:
    """Those that were measured, by name."""
    found = {name: r for record in records for name, r in record.readings.items()}
    return {
        name: r for name, r in found.items() if r.origin == "measured" and name not in exact.OUTPUTS
    }


def _medians(records: Iterable[Record], name: str) -> tuple[float, ...]:
    return tuple(float(median(r.readings[name].samples)) for r in records if name in r.readings)


def _measured(cells: list[Cell], rules: Rules) -> Iterator[Change]:
    """By the first look of the timed tier, all cells being one family."""
    if not cells:
        return
    looks = [cell.look for cell in cells]
    margin = np.array([margin_of(look, rules.margin, paired=False) for look in looks])
    tests = joined(looks)
    worse = rule.flagged(tests, rules.level, margin)
    answers = rule.answers(tests, worse, worse, rules.level, margin)
    found = zip(cells, looks, margin.tolist(), answers.tolist(), strict=True)
    for cell, look, allowed, answer in found:
        ends = [float(getattr(look.tested, name)) for name in ("value", "low", "high")]
        if cell.reading.better == "higher":
            ends = [-ends[0], -ends[2], -ends[1]]
        yield _change(cell, Estimate(*map(exp, ends)), answer, allowed)


def _change(cell: Cell, ratio: Estimate, verdict: Verdict, margin: float) -> Change:
    before, after = map(stats.median, cell.sides)
    ends = " to ".join(f"{100 * (v - 1):+.1f} %" for v in (ratio.low, ratio.high))
    amount = " -> ".join(quantity(v.value, cell.reading.unit) for v in (before, after))
    message = f"{cell.metric} {amount} ({ends}, allowed {100 * margin:.3g} %)"
    return _of(cell, before, after, ratio, verdict, margin, message)


def _untested(cell: Cell, rules: Rules) -> Change:
    """Of a reading that one side has from one process, or that is not above zero."""
    before, after = (stats.median(side) for side in cell.sides)
    amount = exact.apart(before.value, after.value, cell.reading.unit)
    if cell.sides[0] == cell.sides[1]:
        return _of(cell, before, after, stats.exactly(1.0), "same", rules.margin, cell.metric)
    why = "one process a side shows no noise" if min(map(len, cell.sides)) < 2 else "not above zero"
    message = f"{cell.metric} {amount} ({why})"
    return _of(cell, before, after, None, "unclear", rules.margin, message)


def _of(
    cell: Cell, before: Estimate | None, after: Estimate | None, ratio: Estimate | None,
    verdict: Verdict, margin: float, message: str,
) -> Change:  # fmt: skip
    unit, better = cell.reading.unit, cell.reading.better
    return Change(
        cell.trial, cell.metric, unit, better, before, after, ratio, verdict, margin, message
    )


def _lacking(
    old: dict[str, list[Record]], new: dict[str, list[Record]], both: list[str], chosen: Chosen,
    rules: Rules,
) -> Iterator[Change]:  # fmt: skip
    """Measured readings that one of the runs has of a trial, and the other has not."""
    for key in both:
        if any(_told(side[key]).status != "ok" for side in (old, new)):
            continue
        was, now = _readings(old[key]), _readings(new[key])
        for name in was.keys() ^ now.keys():
            if chosen.has_measured(name):
                yield _of_one_side(old[key], new[key], name, rules)


def _of_one_side(old: list[Record], new: list[Record], name: str, rules: Rules) -> Change:
    is_gone = name in _readings(old)
    records = old if is_gone else new
    found = stats.median(_medians(records, name))
    before, after = (found, None) if is_gone else (None, found)
    verdict: Verdict = "gone" if is_gone else "new"
    cell = Cell(records[0].trial, name, _readings(records)[name], ((), ()))
    return _of(cell, before, after, None, verdict, rules.margin, f"{name} is {verdict}")


def _of_times(cells: list[Cell], rules: Rules) -> list[str]:
    """What the numbers of processes allow to be said."""
    tested = [cell for cell in cells if cell.is_testable]
    if not tested:
        return [UNPAIRED] if cells else []
    fewest = min(len(side) for cell in tested for side in cell.sides)
    needed = rule.needed_processes(len(tested), rules.level)
    what = f"of {len(tested)} measured readings at level {rules.level:g}"
    if needed is None:
        return [
            UNPAIRED,
            f"a change {what} cannot be shown by any number of rounds; name fewer heads or metrics",
        ]
    if fewest < needed:
        least = f"{fewest} processes a side cannot show a change {what}"
        return [UNPAIRED, f"{least}: {needed} rounds a side are needed, or fewer heads or metrics"]
    return [UNPAIRED]
