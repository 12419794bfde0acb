"""Lines of records, checked, and what they have in common held once.

Of a million records most say again what one before them said: the same trial, the same bytes of
memory, with the same notes. What was checked once is not checked again; held once, all of them
take a third of the memory. Nothing writes into a record, so nobody can tell.
"""

from dataclasses import MISSING, dataclass, field, fields, make_dataclass
from typing import Any

import msgspec

from attnbench.record import SCHEMA, Reading, Record
from attnbench.record_check import RecordCheck
from attnbench.trial import Trial

_NONE: dict = {}  # the terms, pictures and reasons of all that have none

# What is just made nobody has seen yet, so it may change. These are twins with the same slots and
# without the freeze, which become what they are to be: a frozen one sets each field by a call.
_Reading = make_dataclass(
    "_Reading",
    [
        (f.name, f.type, field(default=f.default, default_factory=f.default_factory))
        for f in fields(Reading)
    ],
    slots=True,
)


class _Record:
    __slots__ = Record.__slots__


def _told(f: Any) -> tuple:
    """A field of `_Line`."""
    kind = {"trial": msgspec.Raw, "readings": dict[str, _Reading]}.get(f.name, f.type)
    if f.default_factory is not MISSING:
        return f.name, kind, msgspec.field(default_factory=f.default_factory)
    return (f.name, kind) if f.default is MISSING else (f.name, kind, f.default)


# A record but for its trial, which would take as long to decode as all the rest, and which most
# lines spell as one before them did.
_Line = msgspec.defstruct("_Line", map(_told, fields(Record)))


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
        self._decode = msgspec.json.Decoder(_Line).decode
        self._decode_trial = msgspec.json.Decoder(Trial).decode
        self._check = RecordCheck()
        self._known: dict[str, _Known] = {}  # by key
        self._once: dict[Any, Any] = {}  # texts, notes and reasons

    def __call__(self, line: bytes) -> tuple[Record | None, str]:
        told = self._decode(line)
        check = self._check
        known = self._known.get(told.key)
        trial = None
        if known is None or known.spelled != told.trial:
            trial = self._decode_trial(told.trial)
        fault = "" if told.schema == SCHEMA else check.of_format(told)
        if trial is not None:
            fault = fault or check.of_trial(trial, told.key)
        if fault := fault or check.of_its_making(told):
            return None, fault
        if known is None:
            known = self._known[told.key] = _Known(trial, told.key, told.trial.copy())
        fault = self._share_readings(told.readings, known)
        if fault := fault or (told.unmeasured and check.of_reasons(told)):
            return None, fault
        return self._record(told, known), ""

    def _share_readings(self, readings: dict[str, Any], known: _Known) -> str:
        """What is wrong with one of them. What was there before takes the place of its equal."""
        once = self._once.setdefault
        for metric, reading in readings.items():
            unit, notes = reading.unit, reading.notes
            reading.unit = once(unit, unit)
            if notes:
                reading.notes = once(notes, notes)
            if not reading.terms:
                reading.terms = _NONE
            if not reading.pictures:
                reading.pictures = _NONE
            reading.__class__ = Reading
            comes_again = unit != "s" and len(reading.samples) == 1  # what a clock says does not
            if comes_again and known.readings.get(metric) == reading:
                readings[metric] = known.readings[metric]
            elif fault := self._check.of_reading(metric, reading):
                return fault
            elif comes_again:
                known.readings[metric] = reading
        return ""

    def _record(self, told: Any, known: _Known) -> Record:
        """What the line says, with what others said before it."""
        once, record = self._once.setdefault, _Record()
        record.trial, record.key = known.trial, known.key
        record.round, record.status = told.round, told.status
        record.environment = once(told.environment, told.environment)
        record.source = once(told.source, told.source)
        record.readings = told.readings or _NONE
        reasons = told.unmeasured
        record.unmeasured = once(tuple(reasons.items()), reasons) if reasons else _NONE
        record.message = told.message and once(told.message, told.message)
        record.started, record.seconds, record.seed = told.started, told.seconds, told.seed
        record.run = told.run and once(told.run, told.run)
        record.schema = told.schema
        record.__class__ = Record
        return record
