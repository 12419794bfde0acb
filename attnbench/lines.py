"""Readings of a run as lines: of what differs in one axis only, point by point, round by round.

A point is a size of the map, or the value of another axis.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from attnbench import heads, stats
from attnbench.record import Origin, Record
from attnbench.records import Records
from attnbench.stats import Estimate
from attnbench.trial import Trial

Size = tuple[int, int]


def latest(records: Iterable[Record]) -> Records:
    """The last record of each trial and round: a retried trial replaces what it had."""
    records = Records.of(records)
    if not repeats(records):
        return records
    places = _places(records)
    first = np.unique(places, return_index=True)[1]
    last = len(places) - 1 - np.unique(places[::-1], return_index=True)[1]
    return records.at(last[np.argsort(first)])


def repeats(records: Iterable[Record]) -> bool:
    """Whether there are several records of one trial and round."""
    ordered = np.sort(_places(Records.of(records)))  # np.unique takes 50 times as long
    return bool((ordered[1:] == ordered[:-1]).any())


def _places(records: Records) -> np.ndarray:
    """A number for each trial and round."""
    return records.trials.astype(np.int64) << 32 | records.rounds


def middle(samples: Sequence[int | float]) -> float:
    """Their median."""
    if len(samples) == 1:
        return float(samples[0])
    ordered, half = sorted(samples), len(samples) // 2
    if len(samples) % 2:
        return float(ordered[half])
    return float((ordered[half - 1] + ordered[half]) / 2)


@dataclass
class Line:
    """Readings of one metric of one head: `values[point][round]`, at whatever points it has."""

    trial: Trial
    unit: str
    origin: Origin
    values: dict[Size, dict[int, float]] = field(default_factory=dict)

    @property
    def measured(self) -> bool:
        return self.origin == "measured"

    def rounds(self, points: Iterable[Size]) -> list[int]:
        """Rounds that have all the points."""
        return sorted(set.intersection(*(set(self.values[p]) for p in points)))

    def by_round(self, point: Size, rounds: Iterable[int]) -> list[float]:
        found = self.values[point]
        return [found[r] if self.measured else [*found.values()][-1] for r in rounds]

    def at(self, point: Size) -> Estimate:
        values = list(self.values[point].values())
        return stats.mean(values) if self.measured else stats.exactly(values[-1])


def lines(
    records: Iterable[Record], metric: str, terms: str = "", over: str = "pixels"
) -> list[Line]:
    """Every line of a metric over "pixels", "channels" or an option, as they first came.

    `terms` takes one kind of work of a count ("contraction") instead of its total.
    """
    found: dict[str, Line] = {}
    for record in records:
        reading = record.readings.get(metric)
        if reading is None:
            continue
        value = reading.terms.get(terms, 0) if terms else middle(reading.samples)
        name, point = _place(record.trial, over)
        line = found.setdefault(name, Line(record.trial, reading.unit, reading.origin))
        line.values.setdefault(point, {})[record.round] = float(value)
    return list(found.values())


def _place(trial: Trial, over: str) -> tuple[str, Size]:
    """Which line a trial is on, and where."""
    if over == "pixels":
        return trial.line, size(trial)
    if over == "channels":
        shape = replace(trial.shape, channels=0)
        return replace(trial, shape=shape).key, (trial.shape.channels, 1)
    rest = {k: v for k, v in trial.options.items() if k != over}
    value = trial.options.get(over, heads.describe(trial.head).options[over].default)
    return replace(trial, options=rest).key, (int(value), 1)


def size(trial: Trial) -> Size:
    return trial.shape.height, trial.shape.width
