"""Records of a run by trial, metric and line: gone through once, for all who look for something."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from attnbench.garbage import no_search
from attnbench.lines import Line, middle, size
from attnbench.record import Reading, Record
from attnbench.trial import Trial

MOST_METRICS = 2**20  # of a run: more than a file of any record names


@dataclass(frozen=True, slots=True)
class Rounds:
    """A metric of one trial: the median of its samples by round, and its last reading."""

    medians: dict[int, float]
    last: Reading


@dataclass(frozen=True)
class ByTrial:
    """What a run has of each trial: its records by key, one of each round, in their order."""

    records: dict[str, list[Record]]
    rounds: dict[tuple[str, str], Rounds]  # by key and metric; those of a trial together

    @cached_property
    def trials(self) -> dict[str, Trial]:
        return {key: records[0].trial for key, records in self.records.items()}

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
    """Of records that are one of each trial and round: `lines.latest` gives such.

    A million of records lie in memory as they came, and their medians are taken in that order:
    trial by trial, each of them would have to be fetched anew, which takes five times as long.
    """
    with no_search():
        return _by_trial(records)


def _by_trial(records: Iterable[Record]) -> ByTrial:
    places: dict[str, int] = {}  # of the trials, by key
    seen: dict[int, int] = {}  # the same by what a key is: most trials have one object for theirs
    of_trial: list[list[Record]] = []  # by place
    rows = _Rows({}, array("q"), array("q"), array("d"), [])
    add_group, add_number, add_value = rows.group.append, rows.number.append, rows.value.append
    add_reading, metrics = rows.readings.append, rows.metrics
    for record in records:
        place = seen.get(id(record.key))
        if place is None:
            place = seen[id(record.key)] = places.setdefault(record.key, len(places))
            if place == len(of_trial):
                of_trial.append([])
        of_trial[place].append(record)
        number, first = record.round, place * MOST_METRICS
        for metric, reading in record.readings.items():
            add_group(first + metrics.setdefault(metric, len(metrics)))
            add_number(number)
            add_value(middle(reading.samples))
            add_reading(reading)
    return ByTrial(dict(zip(places, of_trial, strict=True)), rows.rounds([*places]))


@dataclass(frozen=True)
class _Rows:
    """A row for each reading, in the order of the records; `group` is of its trial and metric."""

    metrics: dict[str, int]
    group: array
    number: array
    value: array
    readings: list[Reading]

    @property
    def _columns(self) -> tuple[tuple[array, str], ...]:
        """With the types that numpy has for them."""
        return (self.group, "q"), (self.number, "q"), (self.value, "d")

    def rounds(self, keys: Sequence[str]) -> dict[tuple[str, str], Rounds]:
        if not self.readings:
            return {}
        # No copies: of a million records each would be another 16 MB.
        group, number, value = map(np.frombuffer, *zip(*self._columns, strict=True))
        order = np.lexsort((number, group))
        numbers, values = number[order].tolist(), value[order].tolist()
        ends = [*(np.flatnonzero(np.diff(group[order])) + 1).tolist(), len(order)]
        lasts = order[np.array(ends) - 1].tolist()
        metrics, begin, found = [*self.metrics], 0, {}
        for end, last in zip(ends, lasts, strict=True):
            place, metric = divmod(self.group[last], MOST_METRICS)
            medians = dict(zip(numbers[begin:end], values[begin:end], strict=True))
            found[keys[place], metrics[metric]] = Rounds(medians, self.readings[last])
            begin = end
        return found
