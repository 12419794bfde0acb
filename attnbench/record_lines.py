"""Lines of records, checked, and what they have in common held once.

Of a million records most say again what one before them said: the same trial, the same bytes of
memory, with the same notes. What was checked once is not checked again; held once, all of them
take a third of the memory. Nothing writes into a record, so nobody can tell.
"""

from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import msgspec

from attnbench.record import SCHEMA, Reading, Record
from attnbench.record_check import RecordCheck
from attnbench.trial import Trial

_NONE: dict = {}  # the terms, pictures and reasons of all that have none
_SHAPE = ("shape.batch", "shape.channels", "shape.height", "shape.width")
_FIELDS = ("head", "options", "part", "dtype", "device", "mode", "kernel", "backbone")
_fields = attrgetter(*_SHAPE, *_FIELDS)  # what makes trials equal, compared in half of the time
# Of what was just decoded, which nobody has seen yet: so it may change. These are the descriptors
# of the slots, three times as fast as object.__setattr__; there are a dozen calls a record.
_OF_RECORD = {name: vars(Record)[name].__set__ for name in Record.__slots__}
_OF_READING = {name: vars(Reading)[name].__set__ for name in Reading.__slots__}
_set_trial, _set_key, _set_readings = (_OF_RECORD[n] for n in ("trial", "key", "readings"))
_set_environment, _set_source = _OF_RECORD["environment"], _OF_RECORD["source"]
_set_message, _set_run = _OF_RECORD["message"], _OF_RECORD["run"]
_set_reasons = _OF_RECORD["unmeasured"]
_set_unit, _set_notes = _OF_READING["unit"], _OF_READING["notes"]
_set_terms, _set_pictures = _OF_READING["terms"], _OF_READING["pictures"]


@dataclass(slots=True)
class _Known:
    """A trial, and its last readings of a single sample, by metric."""

    trial: Trial
    key: str
    fields: tuple
    readings: dict[str, Reading] = field(default_factory=dict)


class RecordLines:
    """Reads the lines of a file: the record and "", or None and what is wrong with it.

    Raises what msgspec raises for a line that is none. Trials come in random order, so what is
    known of one is mostly in no cache: as little as can be of it is looked at.
    """

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(Record).decode
        self._check = RecordCheck()
        self._known: dict[str, _Known] = {}  # by key
        self._once: dict[Any, Any] = {}  # texts, notes and reasons

    def __call__(self, line: bytes) -> tuple[Record | None, str]:
        record = self._decode(line)
        check = self._check
        fault = "" if record.schema == SCHEMA else check.of_format(record)
        known = self._known.get(record.key)
        if known is None:
            fault = fault or check.of_trial(record)
        elif not fault and _fields(record.trial) != known.fields:
            fault = "a key that is not its trial's"
        if fault := fault or check.of_its_making(record):
            return None, fault
        if known is None:
            known = _Known(record.trial, record.key, _fields(record.trial))
            self._known[record.key] = known
        fault = self._share_readings(record.readings, known)
        if fault := fault or (record.unmeasured and check.of_reasons(record)):
            return None, fault
        _set_trial(record, known.trial)
        _set_key(record, known.key)
        self._share(record)
        return record, ""

    def _share_readings(self, readings: dict[str, Reading], known: _Known) -> str:
        """What is wrong with one of them. What was there before takes the place of its equal."""
        once = self._once.setdefault
        for metric, reading in readings.items():
            is_one = len(reading.samples) == 1  # those of a clock, several, do not come again
            if is_one and known.readings.get(metric) == reading:
                readings[metric] = known.readings[metric]
                continue
            if fault := self._check.of_reading(metric, reading):
                return fault
            if is_one:
                known.readings[metric] = reading
            _set_unit(reading, once(reading.unit, reading.unit))
            if reading.notes:
                _set_notes(reading, once(reading.notes, reading.notes))
            if not reading.terms:
                _set_terms(reading, _NONE)
            if not reading.pictures:
                _set_pictures(reading, _NONE)
        return ""

    def _share(self, record: Record) -> None:
        once = self._once.setdefault
        _set_environment(record, once(record.environment, record.environment))
        _set_source(record, once(record.source, record.source))
        if record.message:
            _set_message(record, once(record.message, record.message))
        if record.run:
            _set_run(record, once(record.run, record.run))
        if not record.readings:
            _set_readings(record, _NONE)
        reasons = record.unmeasured
        _set_reasons(record, once(tuple(reasons.items()), reasons) if reasons else _NONE)
