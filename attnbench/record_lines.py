"""Lines of records, checked, and what they have in common held once.

Of a million records most say again what one before them said: the same trial, the same bytes of
memory, with the same notes. What was checked once is not checked again; held once, all of them
take a third of the memory. Nothing writes into a record, so nobody can tell.
"""

from dataclasses import MISSING, dataclass, field, fields
from typing import Any

import msgspec

from attnbench.record import SCHEMA, Reading, Record
from attnbench.record_check import RecordCheck
from attnbench.trial import Trial

_NONE: dict = {}  # the terms, pictures and reasons of all that have none


def _as_read(f: Any) -> tuple:
    """A field of `_Line`: the trial is left as it is spelled."""
    kind = msgspec.Raw if f.name == "trial" else f.type
    if f.default_factory is not MISSING:
        return f.name, kind, msgspec.field(default_factory=f.default_factory)
    return (f.name, kind) if f.default is MISSING else (f.name, kind, f.default)


# A record but for its trial, which would take as long to decode as all the rest, and which most
# lines spell as one before them did.
_Line = msgspec.defstruct("_Line", map(_as_read, fields(Record)))

# The descriptors of the slots are three times as fast as object.__setattr__, by which a frozen
# record sets its own; there are a dozen calls a record.
_OF_RECORD = {name: vars(Record)[name].__set__ for name in Record.__slots__}
_OF_READING = {name: vars(Reading)[name].__set__ for name in Reading.__slots__}
_set_trial, _set_key, _set_round = (_OF_RECORD[n] for n in ("trial", "key", "round"))
_set_status, _set_environment = _OF_RECORD["status"], _OF_RECORD["environment"]
_set_source, _set_readings = _OF_RECORD["source"], _OF_RECORD["readings"]
_set_reasons, _set_message = _OF_RECORD["unmeasured"], _OF_RECORD["message"]
_set_started, _set_seconds = _OF_RECORD["started"], _OF_RECORD["seconds"]
_set_seed, _set_run, _set_schema = (_OF_RECORD[n] for n in ("seed", "run", "schema"))
_set_unit, _set_notes = _OF_READING["unit"], _OF_READING["notes"]
_set_terms, _set_pictures = _OF_READING["terms"], _OF_READING["pictures"]


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

    def _share_readings(self, readings: dict[str, Reading], known: _Known) -> str:
        """What is wrong with one of them. What was there before takes the place of its equal."""
        once = self._once.setdefault
        for metric, reading in readings.items():
            unit = reading.unit
            comes_again = unit != "s" and len(reading.samples) == 1  # what a clock says does not
            if comes_again and known.readings.get(metric) == reading:
                readings[metric] = known.readings[metric]
                continue
            if fault := self._check.of_reading(metric, reading):
                return fault
            if comes_again:
                known.readings[metric] = reading
            _set_unit(reading, once(unit, unit))
            if reading.notes:
                _set_notes(reading, once(reading.notes, reading.notes))
            if not reading.terms:
                _set_terms(reading, _NONE)
            if not reading.pictures:
                _set_pictures(reading, _NONE)
        return ""

    def _record(self, told: Any, known: _Known) -> Record:
        """What the line says, with what others said before it."""
        once, reasons = self._once.setdefault, told.unmeasured
        record = object.__new__(Record)
        _set_trial(record, known.trial)
        _set_key(record, known.key)
        _set_round(record, told.round)
        _set_status(record, told.status)
        _set_environment(record, once(told.environment, told.environment))
        _set_source(record, once(told.source, told.source))
        _set_readings(record, told.readings or _NONE)
        _set_reasons(record, once(tuple(reasons.items()), reasons) if reasons else _NONE)
        _set_message(record, told.message and once(told.message, told.message))
        _set_started(record, told.started)
        _set_seconds(record, told.seconds)
        _set_seed(record, told.seed)
        _set_run(record, told.run and once(told.run, told.run))
        _set_schema(record, told.schema)
        return record
