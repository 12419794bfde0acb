"""Records of a run by trial, metric and line: gone through once, for all who look for something."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from attnbench.lines import Line, middle, size
from attnbench.record import Reading, Record
from attnbench.trial import Trial


@dataclass(frozen=True, slots=True)
class Rounds:
    """A metric of one trial: the median of its samples by round, and its last reading."""

    medians: dict[int, float]
    last: Reading


@dataclass(frozen=True)
class ByTrial:
    """What a run has of each trial: its records by key, one of each round, in their order."""

    records: dict[str, list[Record]]

    @cached_property
    def trials(self) -> dict[str, Trial]:
        return {key: records[0].trial for key, records in self.records.items()}

    @cached_property
    def rounds(self) -> dict[tuple[str, str], Rounds]:
        """By key and metric; those of a trial together."""
        return {
            (key, metric): found
            for key, records in self.records.items()
            for metric, found in _rounds(records).items()
        }

    @cached_property
    def having(self) -> dict[str, list[str]]:
        """Keys of the trials that have a reading, by its metric."""
        found: dict[str, list[str]] = {}
        for key, metric in self.rounds:
            found.setdefault(metric, []).append(key)
        return found

    def of(self, key: str, metric: str) -> list[Reading]:
        """The readings of a trial, in the order in which they came."""
        records = self.records.get(key, ())
        return [r.readings[metric] for r in records if metric in r.readings]

    def lines(self, metric: str, terms: str = "") -> list[Line]:
        """Every line of a metric over the pixels, as `lines.lines` gives them."""
        if (metric, terms) not in self._lines:
            self._lines[metric, terms] = self._lines_of(metric, terms)
        return self._lines[metric, terms]

    @cached_property
    def _lines(self) -> dict[tuple[str, str], list[Line]]:
        return {}

    def _lines_of(self, metric: str, terms: str) -> list[Line]:
        found: dict[str, Line] = {}
        for key in self.having.get(metric, ()):
            trial, rounds = self.trials[key], self.rounds[key, metric]
            line = found.setdefault(trial.line, Line(trial, rounds.last.unit, rounds.last.origin))
            line.values[size(trial)] = self._terms(key, metric, terms) if terms else rounds.medians
        return list(found.values())

    def _terms(self, key: str, metric: str, terms: str) -> dict[int, float]:
        return {
            record.round: float(record.readings[metric].terms.get(terms, 0))
            for record in self.records[key]
            if metric in record.readings
        }


def by_trial(records: Iterable[Record]) -> ByTrial:
    """Of records that are one of each trial and round: `lines.latest` gives such."""
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(record.key, []).append(record)
    return ByTrial(found)


def _rounds(records: list[Record]) -> dict[str, Rounds]:
    """By metric, of one trial."""
    medians: dict[str, dict[int, float]] = {}
    last: dict[str, Reading] = {}
    value: dict[str, float] = {}
    for record in sorted(records, key=_number):
        for metric, reading in record.readings.items():
            if last.get(metric) is not reading:  # rounds share what did not vary
                last[metric] = reading
                value[metric] = middle(reading.samples)
            medians.setdefault(metric, {})[record.round] = value[metric]
    return {metric: Rounds(found, last[metric]) for metric, found in medians.items()}


def _number(record: Record) -> int:
    return record.round
