"""Readings of a run as curves: one head's cost over the number of pixels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from attnbench import scaling, stats
from attnbench.lines import Line, latest, lines
from attnbench.record import Origin, Record
from attnbench.scaling import PowerLaw
from attnbench.stats import Estimate
from attnbench.trial import Trial


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

    def of(self, size: tuple[int, int], numbers: Sequence[int]) -> list[float]:
        """The values at one size, in the rounds of these numbers."""
        place = self.sizes.index(size)
        return [self.rounds[self.numbers.index(n)][place] for n in numbers]

    def power_law(self) -> PowerLaw | None:
        """None below three sizes."""
        return self._power_law

    @cached_property
    def _power_law(self) -> PowerLaw | None:
        if len(self.pixels) < 3:
            return None
        return scaling.power_law(self.pixels, self.rounds, exact=self.origin != "measured")


def curves(records: Iterable[Record], metric: str, terms: str = "") -> list[Curve]:
    """Every curve of `metric` in the records, in the order in which their heads first came.

    `terms` takes one kind of work of a count ("contraction") instead of its total.
    """
    return curves_of(lines(latest(records), metric, terms), metric)


def curves_of(found: Iterable[Line], metric: str) -> list[Curve]:
    """The curves of lines over the pixels; a line without a round of all its sizes has none."""
    return [curve for line in found if (curve := _curve(line, metric))]


def _curve(line: Line, metric: str) -> Curve | None:
    sizes = sorted(
        (s for s, by_round in line.values.items() if min(by_round.values()) > 0),
        key=lambda s: (s[0] * s[1], s),
    )
    complete = line.rounds(sizes) if sizes else []
    if not complete:
        return None
    return Curve(
        trial=line.trial,
        metric=metric,
        unit=line.unit,
        origin=line.origin,
        pixels=tuple(h * w for h, w in sizes),
        sizes=tuple(sizes),
        rounds=tuple(tuple(line.values[s][r] for s in sizes) for r in complete),
        numbers=tuple(complete),
    )
