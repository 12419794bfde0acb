"""Lines of records, checked, and what they have in common held once.

Of a million records most say again what one before them said: the same trial, the same bytes of
memory, with the same notes. What was checked once is not checked again; held once, all of them
take a third of the memory. Nothing writes into a record, so nobody can tell.
"""

from dataclasses import dataclass, field, fields, make_dataclass
from typing import Annotated, Any

import msgspec

from attnbench.record import SCHEMA, Reading, Record
from attnbench.record_check import LARGEST, SMALLEST_TIME, RecordCheck
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
# Bounds are looked at as the numbers are made; what is out of them is read again, and judged.
_Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Number = _Whole | Annotated[float, msgspec.Meta(ge=-LARGEST, le=LARGEST)]
_Bounded = _unfrozen(Reading, samples=tuple[_Number, ...])
# Its trial would take as long to decode as all the rest, and most lines spell it as one before
# them did.
_Record = _unfrozen(Record, trial=msgspec.Raw, readings=dict[str, _Bounded])
_Unbounded = _unfrozen(Record, trial=msgspec.Raw, readings=dict[str, _Reading])


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
        self._once: dict[Any, Any] = {}  # texts, reasons, places, and readings but for numbers

    def __call__(self, line: bytes) -> tuple[Record | None, str]:
        try:
            told = self._decode(line)
        except msgspec.ValidationError:
            told = msgspec.json.decode(line, type=_Unbounded)
            if fault := self._out_of_bounds(told):
                return None, fault
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

    def _out_of_bounds(self, told: Any) -> str:
        """What is wrong with a record whose numbers are unusual; whole ones may be just large."""
        check = self._check
        found = [check.of_reading(metric, reading) for metric, reading in told.readings.items()]
        return check.of_format(told) or next(filter(None, found), "")

    def _share_readings(self, readings: dict[str, Any], known: _Known) -> str:
        """What is wrong with one of them. What was there before takes the place of its equal."""
        for metric, reading in readings.items():
            unit, samples = reading.unit, reading.samples
            like = self._once.get((metric, unit, reading.notes))
            if like is None or reading.terms or reading.pictures or not samples:
                if fault := self._check.of_reading(metric, reading):
                    return fault
                like = metric, unit, reading.notes
                like = self._once.setdefault(like, like)
            elif unit == "s" and min(samples) < SMALLEST_TIME:
                return self._check.of_reading(metric, reading)
            _, reading.unit, reading.notes = like
            if not reading.terms:
                reading.terms = _NONE
            if not reading.pictures:
                reading.pictures = _NONE
            reading.__class__ = Reading
            if unit != "s" and len(samples) == 1:  # what a clock says does not come again
                before = known.readings.setdefault(metric, reading)
                if before == reading:
                    readings[metric] = before
                else:
                    known.readings[metric] = reading
        return ""

    def _share(self, record: Any, known: _Known) -> None:
        """What others said before it takes the place of what it says; it is a Record then."""
        once = self._once.setdefault
        place = record.environment, record.source, record.run
        record.environment, record.source, record.run = once(place, place)
        record.trial, record.key = known.trial, known.key
        if not record.readings:
            record.readings = _NONE
        reasons = record.unmeasured
        record.unmeasured = once(tuple(reasons.items()), reasons) if reasons else _NONE
        if record.message:
            record.message = once(record.message, record.message)
        record.__class__ = Record
