"""Readings of a run as curves: one head's cost over the number of pixels."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from attnbench import stats
from attnbench.record import Origin, Record
from attnbench.stats import Estimate, PowerLaw
from attnbench.trial import Trial


def latest(records: Iterable[Record]) -> list[Record]:
    """The last record of each trial and round: a retried trial replaces what it had."""
    return list({(r.key, r.round): r for r in records}.values())


@dataclass(frozen=True)
class Curve:
    """One metric of one head (with options, kernel, mode, device) over pixels N.

    `rounds[r][i]` is the value at `pixels[i]` in round r, in base units; only rounds that have
    every size are in it, and `numbers[r]` is its number: sides are compared round by round.
    `sizes` are the (height, width) of the pixels.
    """

    trial: Trial
    metric: str
    unit: str
    origin: Origin
    pixels: tuple[int, ...]
    sizes: tuple[tuple[int, int], ...]
    rounds: tuple[tuple[float, ...], ...]
    numbers: tuple[int, ...]

    @property
    def label(self) -> str:
        return self.trial.label

    def at(self, i: int) -> Estimate:
        """The value at `pixels[i]`: exact for a count, else mean over rounds with its interval."""
        values = [r[i] for r in self.rounds]
        if self.origin != "measured":
            return stats.exactly(values[-1])
        return stats.mean(values)

    def power_law(self) -> PowerLaw | None:
        """None below three sizes."""
        if len(self.pixels) < 3:
            return None
        return stats.power_law(self.pixels, self.rounds, exact=self.origin != "measured")


def curves(records: Iterable[Record], metric: str, terms: str = "") -> list[Curve]:
    """Every curve of `metric` in the records, in the order in which their heads first came.

    `terms` takes one kind of work of a count ("contraction") instead of its total.
    """
    lines: dict[str, list[Record]] = {}
    for record in latest(records):
        if metric in record.readings:
            lines.setdefault(record.trial.line, []).append(record)
    return [curve for line in lines.values() if (curve := _curve(line, metric, terms))]


def _curve(records: list[Record], metric: str, terms: str) -> Curve | None:
    values: dict[int, dict[tuple[int, int], float]] = {}
    for record in records:
        reading = record.readings[metric]
        value = reading.terms.get(terms, 0) if terms else float(np.median(reading.samples))
        shape = record.trial.shape
        values.setdefault(record.round, {})[shape.height, shape.width] = value
    sizes = sorted(set().union(*values.values()), key=lambda s: (s[0] * s[1], s))
    sizes = [s for s in sizes if all(row.get(s, 1) > 0 for row in values.values())]
    complete = {n: r for n, r in sorted(values.items()) if all(s in r for s in sizes)}
    if not sizes or not complete:
        return None
    first = records[0]
    return Curve(
        trial=first.trial,
        metric=metric,
        unit=first.readings[metric].unit,
        origin=first.readings[metric].origin,
        pixels=tuple(h * w for h, w in sizes),
        sizes=tuple(sizes),
        rounds=tuple(tuple(float(row[s]) for s in sizes) for row in complete.values()),
        numbers=tuple(complete),
    )
