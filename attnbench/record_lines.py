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
_set = object.__setattr__  # of what was just decoded: nobody has seen it yet, so it may change
_SHAPE = ("shape.batch", "shape.channels", "shape.height", "shape.width")
_FIELDS = ("head", "options", "part", "dtype", "device", "mode", "kernel", "backbone")
_fields = attrgetter(*_SHAPE, *_FIELDS)  # what makes trials equal, compared in half of the time


@dataclass(slots=True)
class _Known:
    """A trial, and its last readings by metric."""

    trial: Trial
    fields: tuple
    readings: dict[str, Reading] = field(default_factory=dict)


class RecordLines:
    """Reads the lines of a file: the record and "", or None and what is wrong with it.

    Raises what msgspec raises for a line that is none.
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
            known = _Known(record.trial, _fields(record.trial))
            self._known[record.key] = known
        fault = self._share_readings(record.readings, known.readings)
        if fault := fault or (record.unmeasured and check.of_reasons(record)):
            return None, fault
        self._share(record, known.trial)
        return record, ""

    def _share_readings(self, readings: dict[str, Reading], before: dict[str, Reading]) -> str:
        """What is wrong with one of them. Those that were there before take the place of equals."""
        for metric, reading in readings.items():
            last = before.get(metric)
            # Samples tell most of them apart, and sooner than all fields do.
            if last is not None and last.samples == reading.samples and last == reading:
                readings[metric] = last
                continue
            if fault := self._check.of_reading(metric, reading):
                return fault
            before[metric] = reading
            once = self._once.setdefault
            _set(reading, "unit", once(reading.unit, reading.unit))
            if reading.notes:
                _set(reading, "notes", once(reading.notes, reading.notes))
            if not reading.terms:
                _set(reading, "terms", _NONE)
            if not reading.pictures:
                _set(reading, "pictures", _NONE)
        return ""

    def _share(self, record: Record, trial: Trial) -> None:
        once = self._once.setdefault
        _set(record, "trial", trial)
        _set(record, "key", trial.key)
        _set(record, "environment", once(record.environment, record.environment))
        _set(record, "source", once(record.source, record.source))
        if record.message:
            _set(record, "message", once(record.message, record.message))
        if record.run:
            _set(record, "run", once(record.run, record.run))
        if not record.readings:
            _set(record, "readings", _NONE)
        reasons = record.unmeasured
        _set(record, "unmeasured", once(tuple(reasons.items()), reasons) if reasons else _NONE)
