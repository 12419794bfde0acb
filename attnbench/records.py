"""Records of a run to go through: one by one, or all that they say of one thing as numbers."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import overload

import numpy as np

from attnbench.columns import STATUSES, Columns
from attnbench.record import Record, Status

AT_ONCE = 64  # records: they and what is made of them fit a cache


class Records(Sequence[Record]):
    """Some rows of columns, in their order. A record is made anew each time it is asked for.

    Whoever wants one thing of a million records takes `trials`, `rounds` and the like: a number
    for each record.
    """

    def __init__(self, columns: Columns, rows: np.ndarray):
        self.columns, self.rows = columns, rows

    @classmethod
    def all(cls, columns: Columns) -> "Records":
        """To which nothing is added any more."""
        return cls(columns, np.arange(len(columns.started)))

    @classmethod
    def of(cls, records: Iterable[Record]) -> "Records":
        """The same records; themselves, where they are such already."""
        if isinstance(records, cls):
            return records
        columns, several = Columns(), iter(records)
        while some := [*islice(several, AT_ONCE)]:
            columns.extend(some, [columns.number(r.key, r.trial) for r in some])
        return cls.all(columns)

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, at: int) -> Record: ...
    @overload
    def __getitem__(self, at: slice) -> "Records": ...
    def __getitem__(self, at: int | slice) -> "Record | Records":
        if isinstance(at, slice):
            return self.at(at)
        return self.columns.record(int(self.rows[at]))

    def __iter__(self) -> Iterator[Record]:
        return map(self.columns.record, self.rows.tolist())

    def __eq__(self, other: object) -> bool:
        """Whether `other` is a sequence of the same records, of whatever kind."""
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{len(self)} records>"

    def at(self, which: np.ndarray | slice) -> "Records":
        """Those at these places, or where `which` is true."""
        return Records(self.columns, self.rows[which])

    def with_readings(self) -> "Records":
        ends = np.frombuffer(self.columns.first, "q")
        return self.at(ends[self.rows + 1] > ends[self.rows])

    def with_reasons(self) -> "Records":
        """Those that say why a metric has no reading."""
        has = np.array([bool(told) for told in self.columns.reasons.things], dtype=bool)
        return self.at(has[self._of(self.columns.reason)])

    def alike(self, *columns: str) -> Iterator[tuple[Record, int]]:
        """The first of those that have the same in all of these columns, and how many they are."""
        if not len(self):
            return
        same = np.zeros(len(self), dtype=np.int64)
        for name in columns:
            column = self._of(getattr(self.columns, name))
            same = np.unique(same, return_inverse=True)[1] * (int(column.max()) + 1) + column
        _, first, count = np.unique(same, return_index=True, return_counts=True)
        for at in np.argsort(first):
            yield self[int(first[at])], int(count[at])

    def readings(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows of their readings in the columns, and the place of the record that each is of."""
        first = np.frombuffer(self.columns.first, "q")
        begin, count = first[self.rows], first[self.rows + 1] - first[self.rows]
        of = np.repeat(np.arange(len(self)), count)
        return np.arange(len(of)) + np.repeat(begin - np.cumsum(count) + count, count), of

    def kinds_of_readings(self) -> Iterator[tuple[tuple, int]]:
        """Metric, unit, better, origin and notes of their readings, and how many have the same."""
        kinds = np.frombuffer(self.columns.kind, "i")[self.readings()[0]]
        counts = np.bincount(kinds, minlength=len(self.columns.kinds)).tolist()
        told = zip(self.columns.kinds.things, counts, strict=True)
        return ((kind, count) for kind, count in told if count)

    @property
    def trials(self) -> np.ndarray:
        """Numbers of their trials: `columns.trials` and `columns.keys` have them so."""
        return self._of(self.columns.trial)

    @property
    def rounds(self) -> np.ndarray:
        return self._of(self.columns.round)

    @property
    def places(self) -> list[tuple[str, str, str]]:
        """Environment, source and run of each."""
        things = self.columns.places.things
        return [things[number] for number in self._of(self.columns.place).tolist()]

    @property
    def statuses(self) -> list[Status]:
        return [STATUSES[number] for number in self._of(self.columns.status).tolist()]

    @property
    def seconds(self) -> np.ndarray:
        return self._of(self.columns.seconds)

    @property
    def started(self) -> list[str]:
        started = self.columns.started
        return [started[row] for row in self.rows.tolist()]

    def _of(self, column: array) -> np.ndarray:
        return np.frombuffer(column, column.typecode)[self.rows]
