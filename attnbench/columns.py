"""Records held as columns of numbers: a million of them in a quarter of a gigabyte.

As objects they take five times as much, and the time to get that memory is longer than that to
read them. What many records say alike is held once and has a number; times lie side by side.
"""

from array import array
from collections.abc import Iterator, Sequence, Sized
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any, get_args

from attnbench.record import Reading, Record, Status
from attnbench.trial import Trial

STATUSES: tuple[Status, ...] = get_args(Status)
_STATUS = {status: number for number, status in enumerate(STATUSES)}
_FLOATS = frozenset({float})
_NONE: dict = {}  # the terms and pictures of all readings that have none
NOT_HELD = -1


def like(metric: str, reading: Reading) -> tuple:
    """All of a reading but its numbers and pictures: its kind."""
    return metric, reading.unit, reading.better, reading.origin, reading.notes


def is_of_floats(reading: Reading) -> bool:
    """Whether it is nothing but samples that are all floats."""
    whole = reading.terms or reading.pictures
    return not whole and _FLOATS.issuperset(map(type, reading.samples))


def _ends(begin: int, parts: Sequence[Sized]) -> Iterator[int]:
    """Where each of them ends, if the first begins there."""
    ends = accumulate(map(len, parts), initial=begin)
    next(ends)
    return ends


class Numbered(dict[Any, int]):
    """Number of each thing, as they first came: `numbered[thing]`; `things` has them by number."""

    def __init__(self) -> None:
        self.things: list[Any] = []

    def __missing__(self, thing: Any) -> int:
        number = self[thing] = len(self.things)
        self.things.append(thing)
        return number


@dataclass(frozen=True)
class Numbers:
    """What records say, by its numbers: one a record, and one a reading."""

    trials: list[int]
    places: list[int]
    reasons: list[int]
    kinds: list[int]


class Columns:
    """Records in rows that are only added. `records.Records` are some of them, to look at.

    A row of a record begins its readings at `first`, a row of a reading its samples at `begin`;
    both have one more at the end. Samples that are all floats are in `samples`; others, and what
    has terms or pictures, in `held` as a whole, those of one trial that are equal once.
    """

    def __init__(self) -> None:
        self.keys, self.places, self.messages = Numbered(), Numbered(), Numbered()
        self.reasons, self.kinds = Numbered(), Numbered()
        self.trials: list[Trial] = []  # by the number of their key
        self.trial, self.place, self.message, self.reason = (array("i") for _ in range(4))
        self.round, self.status, self.schema = array("i"), array("b"), array("b")
        self.seconds, self.seed, self.started = array("d"), array("q"), list[str]()
        self.large_seeds: dict[int, int] = {}  # of more than 64 bits, by row
        self.first = array("q", [0])
        self.kind, self.held_at = array("i"), array("i")  # of readings
        self.begin, self.samples = array("q", [0]), array("d")
        self.held: list[Reading] = []
        self._last_held: dict[tuple[int, int], int] = {}  # by trial and kind

    def number(self, key: str, trial: Trial) -> int:
        """Of a trial."""
        number = self.keys[key]
        if number == len(self.trials):
            self.trials.append(trial)
        return number

    def append(self, told: Record, trial: int) -> None:
        """Adds a record of the trial of that number, whatever `told` has as its trial."""
        row = len(self.trial)
        self.trial.append(trial)
        self.round.append(told.round)
        self.status.append(_STATUS[told.status])
        self.place.append(self.places[told.environment, told.source, told.run])
        self.reason.append(self.reasons[tuple(told.unmeasured.items())])
        self.message.append(self.messages[told.message])
        self.started.append(told.started)
        self.seconds.append(told.seconds)
        self.schema.append(told.schema)
        try:
            self.seed.append(told.seed)
        except OverflowError:
            self.seed.append(0)
            self.large_seeds[row] = told.seed
        for metric, reading in told.readings.items():
            kind = self.kinds[like(metric, reading)]
            self.kind.append(kind)
            if is_of_floats(reading):
                self.held_at.append(NOT_HELD)
                self.samples.extend(reading.samples)
            else:
                self.held_at.append(self._hold(trial, kind, reading))
            self.begin.append(len(self.samples))
        self.first.append(len(self.kind))

    def extend(
        self, told: Sequence[Record], of: Numbers, samples: Sequence[tuple[float, ...]]
    ) -> None:
        """The same of many records, whose readings are those samples and nothing else.

        Seeds have 64 bits. It takes half the time.
        """
        self.trial.extend(of.trials)
        self.place.extend(of.places)
        self.reason.extend(of.reasons)
        self.message.extend([self.messages[r.message] for r in told])
        self.round.extend([r.round for r in told])
        self.status.extend([_STATUS[r.status] for r in told])
        self.started += [r.started for r in told]
        self.seconds.extend([r.seconds for r in told])
        self.schema.extend([r.schema for r in told])
        self.seed.extend([r.seed for r in told])
        self.first.extend(_ends(self.first[-1], [r.readings for r in told]))
        self.kind.extend(of.kinds)
        self.held_at.extend([NOT_HELD] * len(of.kinds))
        self.begin.extend(_ends(self.begin[-1], samples))
        self.samples.extend(chain.from_iterable(samples))

    def record(self, row: int) -> Record:
        """The record of a row, made anew."""
        number = self.trial[row]
        environment, source, run = self.places.things[self.place[row]]
        return Record(
            self.trials[number], self.keys.things[number], self.round[row],
            STATUSES[self.status[row]], environment, source, self._readings(row),
            dict(self.reasons.things[self.reason[row]]), self.messages.things[self.message[row]],
            self.started[row], self.seconds[row], self.large_seeds.get(row, self.seed[row]), run,
            self.schema[row],
        )  # fmt: skip

    def reading(self, at: int) -> Reading:
        """The reading of a row of readings."""
        if (held := self.held_at[at]) != NOT_HELD:
            return self.held[held]
        _, unit, better, origin, notes = self.kinds.things[self.kind[at]]
        samples = tuple(self.samples[self.begin[at] : self.begin[at + 1]])
        return Reading(samples, unit, better, origin, _NONE, notes, _NONE)

    def metric(self, at: int) -> str:
        return self.kinds.things[self.kind[at]][0]

    def _readings(self, row: int) -> dict[str, Reading]:
        places = range(self.first[row], self.first[row + 1])
        return {self.metric(at): self.reading(at) for at in places}

    def _hold(self, trial: int, kind: int, told: Reading) -> int:
        """Where it is held: where the last one of its trial is, if that says the same."""
        _, unit, better, origin, notes = self.kinds.things[kind]
        terms, pictures = told.terms or _NONE, told.pictures or _NONE
        reading = Reading(told.samples, unit, better, origin, terms, notes, pictures)
        last = self._last_held.get((trial, kind))
        if last is None or self.held[last] != reading:
            last = self._last_held[trial, kind] = len(self.held)
            self.held.append(reading)
        return last
