"""Readings of what a claim is of, point by point and round by round.

A point is a size of the map, or the value of another axis.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from statistics import median

from attnbench import heads, stats
from attnbench.claims import Check, Subject
from attnbench.record import Record
from attnbench.stats import Estimate
from attnbench.trial import Trial

Size = tuple[int, int]


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


def line_of(records: list[Record], check: Check, subject: Subject, over: str = "pixels") -> Line:
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


def shared(check: Check, lines: list[Line]) -> list[Size]:
    """The points that all lines have, in ascending order; of them that of the check's size."""
    points = set.intersection(*(set(line.values) for line in lines))
    if check.place:
        points &= {check.place}
    if not points:
        at = f"at {point_named(check.place)}" if check.place else "at one size"
        raise NothingFoundError(f"{check.metric} of {' and '.join(map(str, check.subjects))} {at}")
    return sorted(points, key=lambda p: (pixels(p), p))


def quotient(over: Line, under: Line, point: Size) -> Estimate:
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
        raise NothingFoundError(f"a round with both {labels} at {point_named(point)}")
    return stats.ratio(*zip(*pairs, strict=True))


def _size(trial: Trial) -> Size:
    return trial.shape.height, trial.shape.width


def pixels(point: Size) -> int:
    return point[0] * point[1]


def point_named(point: Size, over: str = "pixels") -> str:
    return f"{point[0]}x{point[1]}" if over == "pixels" else f"{point[0]}"
