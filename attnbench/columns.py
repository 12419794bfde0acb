"""Records held as columns of numbers: a million of them in a third of a gigabyte.

As objects they take four times as much, and to get that memory takes longer than to read them.
What many records say alike is held once and has a number; times lie side by side.
"""

from array import array
from collections.abc import Callable, Iterable, Sequence, Sized
from itertools import accumulate, chain
from typing import Any, get_args

from msgspec.structs import astuple

from attnbench.record import Reading, Record, Status
from attnbench.record_check import of_kind, of_place, of_reasons, of_whole
from attnbench.trial import Trial

STATUSES: tuple[Status, ...] = get_args(Status)
_STATUS = {status: number for number, status in enumerate(STATUSES)}
_FLOATS = frozenset({float})
_NONE: dict = {}  # the terms and pictures of all readings that have none
_BITS = 2**63
NOT_HELD = -1


class FaultError(ValueError):
    """A record says what cannot be; the message says what that is."""


class Numbered(dict[Any, int]):
    """Number of each thing, as they first came: `numbered[thing]`; `things` has them by number.

    Raises FaultError for a thing that `judge` has something to say of.
    """

    def __init__(self, judge: Callable[[Any], str] | None = None) -> None:
        self.things: list[Any] = []
        self._judge = judge

    def __missing__(self, thing: Any) -> int:
        if self._judge is not None and (fault := self._judge(thing)):
            raise FaultError(fault)
        number = self[thing] = len(self.things)
        self.things.append(thing)
        return number


class Columns:
    """Records in rows that are only added. `records.Records` are some of them, to look at.

    A row of a record begins its readings at `first`, a row of a reading its samples at `begin`;
    both have one more at the end. Samples that are all floats are in `samples`; others, and what
    has terms or pictures, in `held` as a whole, those of one trial that are equal once.
    """

    def __init__(self, *, checked: bool = False) -> None:
        """With `checked` names and whole readings are looked at: the first time, as they come."""
        self._checked = checked
        self.keys, self.messages = Numbered(), Numbered()
        self.places = Numbered(of_place if checked else None)  # environment, source, run
        self.reasons = Numbered(of_reasons if checked else None)
        self.kinds = Numbered(of_kind if checked else None)  # metric, unit, better, origin, notes
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

    def extend(self, told: Sequence[Record], trials: Sequence[int]) -> None:
        """Adds records, of the trials of those numbers, whatever they have as their trial.

        All or none: raises FaultError for what cannot be. Many at once take less time each, as
        nearly all is then done within calls of the interpreter's own.
        """
        if not told:
            return
        by_field = zip(*map(astuple, told), strict=True)
        _, _, rounds, statuses, environments, sources, readings, reasons, *rest = by_field
        messages, started, seconds, seeds, runs, schemas = rest
        where = zip(environments, sources, runs, strict=True)
        places = [*map(self.places.__getitem__, where)]
        why = [*map(self.reasons.__getitem__, map(tuple, map(dict.items, reasons)))]
        kinds, held_at, samples = self._of_readings(readings, trials)
        self._add_seeds(seeds)
        self.trial.fromlist([*trials])
        self.place.fromlist(places)
        self.reason.fromlist(why)
        self.message.fromlist([*map(self.messages.__getitem__, messages)])
        self.round.fromlist([*rounds])
        self.status.fromlist([*map(_STATUS.__getitem__, statuses)])
        self.schema.fromlist([*schemas])
        self.started += started
        self.seconds.fromlist([*seconds])
        self.first.fromlist(_ends(self.first[-1], readings))
        self.kind.fromlist(kinds)
        self.held_at.fromlist(held_at)
        self.begin.fromlist(_ends(self.begin[-1], samples))
        self.samples.fromlist([*chain.from_iterable(samples)])

    def _of_readings(
        self, told: Sequence[dict[str, Reading]], trials: Sequence[int]
    ) -> tuple[list[int], list[int], Sequence[tuple[float, ...]]]:
        """Of each reading its kind, where it is held, and samples to store."""
        flat = [*chain.from_iterable(map(dict.values, told))]
        if not flat:
            return [], [], ()
        samples, *like, terms, notes, pictures = zip(*map(astuple, flat), strict=True)
        metrics = chain.from_iterable(told)
        kinds = [*map(self.kinds.__getitem__, zip(metrics, *like, notes, strict=True))]
        are_plain = not any(terms) and not any(pictures) and all(samples)
        if are_plain and _are_floats(chain.from_iterable(samples)):
            return kinds, [NOT_HELD] * len(kinds), samples
        of = [t for t, readings in zip(trials, told, strict=True) for _ in readings]
        held_at = [self._hold(*whose) for whose in zip(of, kinds, flat, strict=True)]
        stored = zip(held_at, samples, strict=True)
        return kinds, held_at, [s if at == NOT_HELD else () for at, s in stored]

    def _add_seeds(self, seeds: Sequence[int]) -> None:
        if max(seeds) >= _BITS or min(seeds) < -_BITS:
            rows = enumerate(seeds, len(self.seed))
            self.large_seeds |= {row: seed for row, seed in rows if not -_BITS <= seed < _BITS}
            seeds = [seed if -_BITS <= seed < _BITS else 0 for seed in seeds]
        self.seed.fromlist([*seeds])

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
        """Where it is held, if it is: where the last one of its trial is, if that says the same."""
        is_plain = told.samples and not told.terms and not told.pictures
        if is_plain and _are_floats(told.samples):
            return NOT_HELD
        if self._checked and (fault := of_whole(told)):
            raise FaultError(fault)
        _, unit, better, origin, notes = self.kinds.things[kind]
        terms, pictures = told.terms or _NONE, told.pictures or _NONE
        reading = Reading(told.samples, unit, better, origin, terms, notes, pictures)
        last = self._last_held.get((trial, kind))
        if last is None or self.held[last] != reading:
            last = self._last_held[trial, kind] = len(self.held)
            self.held.append(reading)
        return last


def _are_floats(samples: Iterable[int | float]) -> bool:
    return _FLOATS.issuperset(map(type, samples))


def _ends(begin: int, parts: Sequence[Sized]) -> list[int]:
    """Where each of them ends, if the first begins there."""
    return [*accumulate(map(len, parts), initial=begin)][1:]
