"""Lines of records, checked, and what they have in common held once.

Of a million records most say again what one before them said: the same trial, the same bytes of
memory, with the same notes. What was checked once is not checked again; held once, all of them
take a third of the memory. Nothing writes into a record, so nobody can tell.
"""

from dataclasses import dataclass, field, fields, make_dataclass
from typing import Any

import msgspec

from attnbench.record import SCHEMA, Reading, Record
from attnbench.record_check import RecordCheck
from attnbench.trial import Trial

_NONE: dict = {}  # the terms, pictures and reasons of all that have none


# What is just made nobody has seen yet, so it may change. These are twins with the same slots and
# without the freeze, which become what they are to be: a frozen one sets each field by a call.
def _unfrozen(kind: type, **other: Any) -> type:
    """A twin of a dataclass; `other` are its fields of another type."""
    told = [
        (
            f.name,
            other.get(f.name, f.type),
            field(default=f.default, default_factory=f.default_factory),
        )
        for f in fields(kind)
    ]
    return make_dataclass(f"_{kind.__name__}", told, slots=True)


_Reading = _unfrozen(Reading)
# Its trial would take as long to decode as all the rest, and most lines spell it as one before
# them did.
_Record = _unfrozen(Record, trial=msgspec.Raw, readings=dict[str, _Reading])


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
        self._decode = msgspec.json.Decoder(_Record).decode
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
        self._share(told, known)
        return told, ""

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

    def _share(self, record: Any, known: _Known) -> None:
        """What others said before it takes the place of what it says; it is a Record then."""
        once, environment, source = self._once.setdefault, record.environment, record.source
        record.trial, record.key = known.trial, known.key
        record.environment, record.source = once(environment, environment), once(source, source)
        if not record.readings:
            record.readings = _NONE
        reasons = record.unmeasured
        record.unmeasured = once(tuple(reasons.items()), reasons) if reasons else _NONE
        if record.message:
            record.message = once(record.message, record.message)
        if record.run:
            record.run = once(record.run, record.run)
        record.__class__ = Record
