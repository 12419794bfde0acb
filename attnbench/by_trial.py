"""Records of a run by trial, metric and line: gone through once, for all who look for something."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from operator import itemgetter

import numpy as np

from attnbench.columns import NOT_HELD, Columns, Numbered
from attnbench.garbage import no_search
from attnbench.lines import Line, middle, size
from attnbench.record import Reading, Record
from attnbench.records import Records
from attnbench.trial import Trial

AT_ONCE = 2**16  # readings that are sorted at once: their samples fit a cache


@dataclass(frozen=True, slots=True)
class Rounds:
    """A metric of one trial: its rounds, the medians of their samples, and its last reading."""

    numbers: np.ndarray
    values: np.ndarray
    last: Reading

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def medians(self) -> dict[int, float]:
        """By round."""
        return dict(zip(self.numbers.tolist(), self.values.tolist(), strict=True))


@dataclass(frozen=True)
class ByTrial:
    """What a run has of each trial: its records by key, one of each round, in their order."""

    records: dict[str, Records]
    rounds: dict[tuple[str, str], Rounds]  # by key and metric; those of a trial together

    @cached_property
    def trials(self) -> dict[str, Trial]:
        return {
            key: records.columns.trials[records.columns.keys[key]]
            for key, records in self.records.items()
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
    records = Records.of(records)
    trials, keys = records.trials, records.columns.keys.things
    groups = sorted(_groups(trials), key=itemgetter(0))
    of_trial = {keys[trials[places[0]]]: records.at(places) for places in groups}
    with no_search():
        return ByTrial(of_trial, _rounds(records, [*of_trial]))


def _groups(numbers: np.ndarray) -> list[np.ndarray]:
    """The places of each number, in ascending order."""
    order = np.argsort(numbers, kind="stable")
    ends = np.flatnonzero(np.diff(numbers[order])) + 1
    return np.split(order, ends) if len(order) else []


def _rounds(records: Records, keys: Sequence[str]) -> dict[tuple[str, str], Rounds]:
    """By trial, in the order of the keys, and by metric."""
    columns = records.columns
    rows, of = records.readings()
    if not len(rows):
        return {}
    metrics, metric = _metrics(columns, rows)
    place = np.zeros(len(columns.keys), dtype=np.int64)
    place[[columns.keys[key] for key in keys]] = np.arange(len(keys))
    group = place[records.trials[of]] * len(metrics) + metric
    rounds = records.rounds[of]
    order = np.argsort(group * (int(rounds.max()) + 1) + rounds, kind="stable")
    numbers, values = rounds[order], medians(columns, rows)[order]
    ends = np.append(np.flatnonzero(np.diff(group[order])) + 1, len(order))
    last = order[ends - 1]
    whose = zip(*map(np.ndarray.tolist, np.divmod(group[last], len(metrics))), strict=True)
    between = zip(pairwise([0, *ends.tolist()]), rows[last].tolist(), strict=True)
    return {
        (keys[trial], metrics[number]): Rounds(
            numbers[begin:end], values[begin:end], columns.reading(row)
        )
        for (trial, number), ((begin, end), row) in zip(whose, between, strict=True)
    }


def _metrics(columns: Columns, rows: np.ndarray) -> tuple[list[str], np.ndarray]:
    """All metrics, and the number of that of each row of readings."""
    metrics = Numbered()
    of_kind = np.array([metrics[metric] for metric, *_ in columns.kinds.things], dtype=np.int64)
    return metrics.things, of_kind[np.frombuffer(columns.kind, "i")[rows]]


def medians(columns: Columns, rows: np.ndarray) -> np.ndarray:
    """Of the samples of these rows of readings: what `lines.middle` gives of each."""
    found = np.full(len(rows), np.nan)
    held_at = np.frombuffer(columns.held_at, "i")[rows]
    is_held = held_at != NOT_HELD
    held = {n: middle(columns.held[n].samples) for n in {*held_at[is_held].tolist()}}
    found[is_held] = [held[n] for n in held_at[is_held].tolist()]
    begin, samples = np.frombuffer(columns.begin, "q"), np.frombuffer(columns.samples, "d")
    count = np.where(is_held, 0, begin[rows + 1] - begin[rows])
    for length in (1 + np.flatnonzero(np.bincount(count)[1:])).tolist():
        places = np.flatnonzero(count == length)
        for some in np.array_split(places, 1 + len(places) // AT_ONCE):
            ordered = np.sort(samples[begin[rows[some], None] + np.arange(length)], axis=1)
            half = length // 2
            low = ordered[:, half - 1 + length % 2]
            found[some] = (low + ordered[:, half]) / 2
    return found
