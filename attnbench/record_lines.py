"""Lines of records, checked, and what they have in common held once.

Of a million records most say again what one before them said: the same trial, the same bytes of
memory, with the same notes. What was checked once is not checked again; held once, all of them
take a third of the memory. Nothing writes into a record, so nobody can tell.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from attnbench.record import SCHEMA, Reading, Record
from attnbench.record_check import (
    LARGEST,
    MOST_ROUNDS,
    MOST_SECONDS,
    SMALLEST_TIME,
    RecordCheck,
)
from attnbench.trial import Trial

_NONE: dict = {}  # the terms, pictures and reasons of all that have none


def _between(kind: type, least: float, most: float) -> Any:
    return Annotated[kind, msgspec.Meta(ge=least, le=most)]


def _told(kind: type[msgspec.Struct], **types: Any) -> type[msgspec.Struct]:
    """As a line tells it: fields are of other types than in what is made of it."""
    wanted: list[Any] = []
    for f in msgspec.structs.fields(kind):
        if f.name in types:
            given = msgspec.field(default=f.default, default_factory=f.default_factory)
            wanted.append((f.name, types[f.name]) if f.required else (f.name, types[f.name], given))
    return msgspec.defstruct(f"_{kind.__name__}", wanted, bases=(kind,), frozen=True, gc=False)


# Usual numbers can be computed with, also as times, and their bounds are looked at as they are
# made. A record with another one, be it a count of zero, is read again and judged.
_SAMPLE = _between(int, 1, 2**63 - 1) | _between(float, SMALLEST_TIME, LARGEST)
_USUAL = _told(
    Record,
    trial=msgspec.Raw,  # to decode it takes as long as all the rest, and most are spelled alike
    round=_between(int, 0, MOST_ROUNDS - 1),
    readings=dict[str, _told(Reading, samples=tuple[_SAMPLE, ...])],
    seconds=_between(float, 0, MOST_SECONDS),
    seed=_between(int, -(2**63), 2**63 - 1),
    schema=_between(int, SCHEMA, SCHEMA),
)
_ANY = _told(Record, trial=msgspec.Raw)


@dataclass(slots=True)
class _Known:
    """A trial as it was spelled, and its last readings of a single sample, by metric."""

    trial: Trial
    key: str
    spelled: msgspec.Raw
    readings: dict[str, Reading] = field(default_factory=dict)


class RecordLines:
    """Reads the lines of a file: the record and "", or None and what is wrong with it.

    Raises what msgspec raises for a line that is none. Trials come in random order, so what is
    known of one is mostly in no cache: as little as can be of it is looked at.
    """

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(_USUAL).decode
        self._decode_trial = msgspec.json.Decoder(Trial).decode
        self._check = RecordCheck()
        self._known: dict[str, _Known] = {}  # by key
        self._places: dict[tuple, tuple] = {}
        self._likes: dict[tuple, tuple] = {}  # all of a reading but its numbers
        self._texts: dict[Any, Any] = {}  # messages and reasons

    def __call__(self, line: bytes) -> tuple[Record | None, str]:
        try:
            told: Any = self._decode(line)
            fault = ""
        except msgspec.ValidationError:
            told = msgspec.json.decode(line, type=_ANY)
            fault = self._unusual(told)
        if fault:
            return None, fault
        known = self._known.get(told.key)
        if known is None or known.spelled != told.trial:
            trial = self._decode_trial(told.trial)
            if fault := self._check.of_trial(trial, told.key):
                return None, fault
            if known is None:
                known = self._known[told.key] = _Known(trial, told.key, told.trial.copy())
        return self._record(told, known)

    def _unusual(self, told: Any) -> str:
        """What is wrong with a record of unusual numbers, if anything is."""
        check = self._check
        readings = (check.of_reading(metric, reading) for metric, reading in told.readings.items())
        return check.of_format(told) or check.of_numbers(told) or next(filter(None, readings), "")

    def _record(self, told: Any, known: _Known) -> tuple[Record | None, str]:
        """Made of what was told; what others said before it takes the place of what it says."""
        place = told.environment, told.source, told.run
        there = self._places.get(place)
        if fault := self._check.of_start(told.started) or (
            not there and self._check.of_place(told)
        ):
            return None, fault
        environment, source, run = there or self._places.setdefault(place, place)
        readings: dict[str, Reading] = told.readings or _NONE
        if fault := self._share_readings(readings, known):
            return None, fault
        reasons: dict[str, str] = told.unmeasured or _NONE
        if reasons:
            if fault := self._check.of_reasons(told):
                return None, fault
            reasons = self._texts.setdefault(tuple(reasons.items()), reasons)
        message = told.message and self._texts.setdefault(told.message, told.message)
        return Record(
            known.trial, known.key, told.round, told.status, environment, source, readings, reasons,
            message, told.started, told.seconds, told.seed, run, told.schema,
        ), ""  # fmt: skip

    def _share_readings(self, readings: dict[str, Reading], known: _Known) -> str:
        """Puts a Reading in the place of each that was told; what is wrong with one of them."""
        for metric, told in readings.items():
            samples, terms, pictures = told.samples, told.terms, told.pictures
            like = metric, told.unit, told.better, told.origin, told.notes
            before = self._likes.get(like)
            if before is None or terms or pictures or not samples:
                if fault := self._check.of_reading(metric, told):
                    return fault
                before = self._likes.setdefault(like, like)
            _, unit, better, origin, notes = before
            reading = Reading(
                samples, unit, better, origin, terms or _NONE, notes, pictures or _NONE
            )
            if unit != "s" and len(samples) == 1:  # what a clock says does not come again
                last = known.readings.get(metric)
                if last == reading:
                    reading = last
                else:
                    known.readings[metric] = reading
            readings[metric] = reading
        return ""
