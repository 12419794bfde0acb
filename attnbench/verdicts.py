"""What a run says of a claim: holds, fails, unclear, or not measured here.

`holds` needs the whole interval inside the bounds, `fails` needs it wholly outside.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median
from typing import Literal

from attnbench import heads, stats
from attnbench.claims import (
    Check,
    Claim,
    Correlation,
    Crossing,
    Difference,
    Equal,
    Exponent,
    Order,
    Other,
    Printed,
    Ratio,
    Subject,
    Value,
)
from attnbench.curves import latest
from attnbench.papers import agreement as published
from attnbench.papers.agreement import stored, tally
from attnbench.papers.reading import papers
from attnbench.record import Record
from attnbench.stats import Estimate, PowerLaw
from attnbench.trial import Trial

Word = Literal["holds", "fails", "unclear", "not measured here"]
Size = tuple[int, int]
WORDS: tuple[Word, ...] = ("holds", "fails", "unclear", "not measured here")
LEAST_POINTS = 3  # of a power law
LEAST_HEADS = 4  # of a rank correlation


@dataclass(frozen=True)
class Verdict:
    """What a run says of a claim. `found` is None where nothing was measured."""

    claim: Claim
    word: Word
    found: Estimate | None = None
    law: PowerLaw | None = None
    detail: str = ""
    unit: str = ""  # of what was found; empty for powers and ratios


class NothingFoundError(Exception):
    """What a check needs is not in the run; the message says what."""


@dataclass
class Line:
    """Readings of one metric of one head: `values[point][round]`, at whatever points it has."""

    trial: Trial
    measured: bool
    unit: str
    values: dict[Size, dict[int, float]] = field(default_factory=dict)

    def rounds(self, points: Iterable[Size]) -> list[int]:
        """Rounds that have all the points."""
        return sorted(set.intersection(*(set(self.values[p]) for p in points)))

    def by_round(self, point: Size, rounds: Iterable[int]) -> list[float]:
        found = self.values[point]
        return [found[r] if self.measured else [*found.values()][-1] for r in rounds]

    def at(self, point: Size) -> Estimate:
        values = list(self.values[point].values())
        return stats.mean(values) if self.measured else stats.exactly(values[-1])


def verdicts(claims: Iterable[Claim], records: Iterable[Record]) -> list[Verdict]:
    records = latest(records)
    return [_verdict(claim, records) for claim in claims]


def _verdict(claim: Claim, records: list[Record]) -> Verdict:
    if claim.check is None:
        return Verdict(claim, "not measured here", detail=f"needs {claim.needs}")
    try:
        return _JUDGES[type(claim.check)](claim, records)
    except NothingFoundError as missing:
        needs = f"{missing}; {claim.needs}" if claim.needs else str(missing)
        return Verdict(claim, "not measured here", detail=f"needs {needs}")


def _exponent(claim: Claim, records: list[Record]) -> Verdict:
    check: Exponent = claim.check
    line = _line(records, check, check.subjects[0], check.over)
    known = {p: v for p, v in line.values.items() if _pixels(p) > 0 and min(v.values()) > 0}
    points = sorted(known, key=_pixels)  # an option at 0 stands for a share of C
    if len(points) < LEAST_POINTS:
        raise NothingFoundError(f"at least three {_AXES.get(check.over, check.over)}")
    costs = [[line.values[p][r] for p in points] for r in line.rounds(points)]
    if not costs:
        raise NothingFoundError(f"a round with every one of the {len(points)} points")
    law = stats.power_law([_pixels(p) for p in points], costs, exact=not line.measured)
    found = law.exponent if check.part_of == "fit" else law.last
    over = f"over {_point(points[0], check.over)} to {_point(points[-1], check.over)}"
    return Verdict(claim, _word(found, check.within), found, law, over)


def _value(claim: Claim, records: list[Record]) -> Verdict:
    check: Value | Equal = claim.check
    line = _line(records, check, check.subjects[0])
    point = _shared(check, [line])[-1]
    worst = stats.exactly(max(line.values[point].values()))  # no interval: of all that was tried
    found = worst if isinstance(check, Equal) else line.at(point)
    return replace(_judged(claim, found, f"at {_point(point)}"), unit=line.unit)


def _ratio(claim: Claim, records: list[Record]) -> Verdict:
    check: Ratio = claim.check
    over, under = (_line(records, check, s) for s in check.subjects)
    point = _shared(check, [over, under])[-1]
    return _judged(claim, _quotient(over, under, point), f"at {_point(point)}")


def _difference(claim: Claim, records: list[Record]) -> Verdict:
    check: Difference = claim.check
    ours, theirs = (_line(records, check, s) for s in check.subjects)
    point = _shared(check, [ours, theirs])[-1]
    rounds = sorted(ours.values[point].keys() & theirs.values[point].keys())
    if not rounds:
        labels = f"{ours.trial.label} and {theirs.trial.label}"
        raise NothingFoundError(f"a round with both {labels} at {_point(point)}")
    pairs = [ours.values[point][r] - theirs.values[point][r] for r in rounds]
    is_measured = ours.measured or theirs.measured
    found = stats.mean(pairs) if is_measured else stats.exactly(pairs[-1])
    told = f"{len(rounds)} paired rounds at {_point(point)}"
    return replace(_judged(claim, found, told), unit=ours.unit)


def _crossing(claim: Claim, records: list[Record]) -> Verdict:
    check: Crossing = claim.check
    ours, dense = (_line(records, check, s) for s in check.subjects)
    points = _shared(check, [ours, dense])
    both = sorted({*ours.rounds(points)} & {*dense.rounds(points)})
    if not both:
        raise NothingFoundError("a round with both heads at every size")
    costs = [[[line.values[p][r] for p in points] for r in both] for line in (dense, ours)]
    if not (ours.measured or dense.measured):
        costs = [rounds[-1:] for rounds in costs]
    found = stats.crossing([_pixels(p) for p in points], *costs)
    return _judged(claim, found, f"over {_point(points[0])} to {_point(points[-1])}")


def _order(claim: Claim, records: list[Record]) -> Verdict:
    check: Order = claim.check
    lines = [_line(records, check, s) for s in check.subjects]
    point = _shared(check, lines)[-1]
    steps = [_quotient(b, a, point) for a, b in pairwise(lines)]
    words = [_word(step, check.within) for step in steps]
    word = next((w for w in ("fails", "unclear") if w in words), "holds")
    smallest = min(steps, key=lambda step: step.value)
    return Verdict(claim, word, smallest, detail=f"smallest step, at {_point(point)}")


def _correlation(claim: Claim, records: list[Record]) -> Verdict:
    from scipy.stats import spearmanr  # noqa: PLC0415 a second, for those who need it

    check: Correlation = claim.check
    trials = {r.trial.label: r.trial for r in records if r.trial.mode == check.mode}
    pairs = []
    for trial in trials.values():
        subject = check.of(trial.head, trial.options, trial.kernel)
        try:
            one = _line(records, check, subject)
            two = _line(records, check, Other(metric=check.against).instead_of(subject))
        except NothingFoundError:
            continue
        pairs.append((one, two))
    lines = [line for pair in pairs for line in pair]
    if len(pairs) < LEAST_HEADS:
        raise NothingFoundError(f"{check.metric} and {check.against} of at least four heads")
    point = _shared(check, lines)[-1]
    rounds = sorted(set.intersection(*({*b.rounds([point])} for _, b in pairs)))
    ours = [a.at(point).value for a, _ in pairs]
    by_round = [float(spearmanr(ours, [b.values[point][r] for _, b in pairs])[0]) for r in rounds]
    if not by_round:
        raise NothingFoundError("a round with every head")
    return _judged(claim, stats.mean(by_round), f"{len(pairs)} heads at {_point(point)}")


def _printed(claim: Claim, _records: list[Record]) -> Verdict:
    """By the numbers of the last recount, that come with attnbench."""
    check: Printed = claim.check
    known = papers()
    found = published.verdicts(known, stored())
    tables = [t for t in known.named(check.paper).table if check.table in ("", t.name)]
    checkable = [found[f.id] for t in tables for f in t.all if f.agrees]
    if not checkable:
        raise NothingFoundError("figures that arithmetic can check")
    words = tally(checkable)
    share = 1 - (words.get("not reproducible", 0) + words.get("differs", 0)) / len(checkable)
    told = ", ".join(f"{n} {word}" for word, n in words.items())
    return _judged(claim, stats.exactly(share), f"of {len(checkable)} figures: {told}")


_JUDGES = {
    Exponent: _exponent, Value: _value, Equal: _value, Ratio: _ratio, Crossing: _crossing,
    Difference: _difference,
    Order: _order, Correlation: _correlation, Printed: _printed,
}  # fmt: skip
_AXES = {"pixels": "sizes"}


def _line(records: list[Record], check: Check, subject: Subject, over: str = "pixels") -> Line:
    """Readings of the subject; of several settings that fit it, those with the most points."""
    lines: dict[str, Line] = {}
    option = over if over not in ("pixels", "channels") else ""
    for record in records:
        reading = record.readings.get(subject.metric)
        if reading is None or not subject.matches(record.trial, option):
            continue
        if over != "pixels" and check.place not in (None, _size(record.trial)):
            continue
        value = reading.terms.get(check.terms, 0) if check.terms else median(reading.samples)
        name, point = _place(record.trial, over)
        line = lines.setdefault(
            name, Line(record.trial, reading.origin == "measured", reading.unit)
        )
        line.values.setdefault(point, {})[record.round] = float(value)
    if not lines:
        raise NothingFoundError(f"{subject.metric} of {subject}")
    return max(lines.values(), key=lambda line: len(line.values))


def _place(trial: Trial, over: str) -> tuple[str, Size]:
    """Which line a trial is on, and where."""
    if over == "pixels":
        return trial.line, _size(trial)
    if over == "channels":
        shape = replace(trial.shape, channels=0)
        return replace(trial, shape=shape).key, (trial.shape.channels, 1)
    rest = {k: v for k, v in trial.options.items() if k != over}
    value = trial.options.get(over, heads.describe(trial.head).options[over].default)
    return replace(trial, options=rest).key, (int(value), 1)


def _shared(check: Check, lines: list[Line]) -> list[Size]:
    """The points that all lines have, in ascending order; of them that of the check's size."""
    points = set.intersection(*(set(line.values) for line in lines))
    if check.place:
        points &= {check.place}
    if not points:
        at = f"at {_point(check.place)}" if check.place else "at one size"
        raise NothingFoundError(f"{check.metric} of {' and '.join(map(str, check.subjects))} {at}")
    return sorted(points, key=lambda p: (_pixels(p), p))


def _quotient(over: Line, under: Line, point: Size) -> Estimate:
    """Of paired rounds where something was measured; a count is the same in every round."""
    ours, theirs = over.values[point], under.values[point]
    measured = [line.values[point].keys() for line in (over, under) if line.measured]
    if not measured:
        top, bottom = [*ours.values()][-1], [*theirs.values()][-1]
        if bottom <= 0:
            raise NothingFoundError(f"a cost of {under.trial.label} above zero")
        return stats.exactly(top / bottom)
    rounds = sorted(set.intersection(*map(set, measured)))
    ours, theirs = over.by_round(point, rounds), under.by_round(point, rounds)
    pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if a > 0 and b > 0]
    if not pairs:
        labels = f"{over.trial.label} and {under.trial.label}"
        raise NothingFoundError(f"a round with both {labels} at {_point(point)}")
    return stats.ratio(*zip(*pairs, strict=True))


def _judged(claim: Claim, found: Estimate, detail: str) -> Verdict:
    return Verdict(claim, _word(found, claim.check.within), found, detail=detail)


def _word(found: Estimate, within: tuple[float, float]) -> Word:
    low, high = within
    if not found.known:
        return "unclear"
    if low <= found.low and found.high <= high:
        return "holds"
    return "fails" if found.high < low or found.low > high else "unclear"


def _size(trial: Trial) -> Size:
    return trial.shape.height, trial.shape.width


def _pixels(point: Size) -> int:
    return point[0] * point[1]


def _point(point: Size, over: str = "pixels") -> str:
    return f"{point[0]}x{point[1]}" if over == "pixels" else f"{point[0]}"
