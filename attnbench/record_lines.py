"""Lines of records, fast where one says again what lines before it said.

Of a million lines nearly all are of a trial that was read before: the same bytes of the trial, of
the memory that it takes, of its notes. Bytes that are equal to what was decoded and found sound
are not decoded again, and what they say is held once. A line is taken so where it is laid out as
attnbench writes it and nothing is wrong with it; every other is decoded and checked as a whole.
"""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from attnbench.record import SCHEMA, Reading, Record, Status
from attnbench.record_check import READABLE, RecordCheck
from attnbench.trial import Trial

UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_KEY = b',"key":'  # follows the trial
_NONE: dict = {}  # the terms, pictures and reasons of all that have none: nobody writes into them
_set = object.__setattr__  # of what was just decoded: nobody has seen it yet, so it may change


class _Begin(msgspec.Struct, forbid_unknown_fields=True):
    """A line up to its key."""

    trial: Trial


class _End(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A line from its key on: the fields of a Record, with its defaults."""

    key: str
    round: int
    status: Status
    environment: str = ""
    source: str = ""
    readings: msgspec.Raw = msgspec.Raw(b"{}")
    unmeasured: dict[str, str] = msgspec.field(default_factory=dict)
    message: str = ""
    started: str = ""
    seconds: float = 0.0
    seed: int = 0
    run: str = ""
    schema: int = SCHEMA


@dataclass
class _Known:
    """A trial that was read, its last reasons, and its last readings with their bytes."""

    trial: Trial
    unmeasured: dict[str, str]
    readings: dict[str, tuple[msgspec.Raw, Reading]] = field(default_factory=dict)


class RecordLines:
    """Reads the lines of a file: the record and "", or None and what is wrong with it.

    Raises what msgspec raises for a line that is none.
    """

    def __init__(self) -> None:
        self._check = RecordCheck()
        self._known: dict[bytes, _Known] = {}  # by the beginning of the line
        self._once: dict[Any, Any] = {}  # texts, notes and reasons
        self._decode = msgspec.json.Decoder(Record).decode
        self._decode_end = msgspec.json.Decoder(_End).decode
        self._decode_readings = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
        self._decode_reading = msgspec.json.Decoder(Reading).decode

    def __call__(self, line: bytes) -> tuple[Record | None, str]:
        at = line.find(_KEY)
        begin = line[: max(at, 0)]
        known = self._known.get(begin)
        if known and (record := self._again(known, b"{" + line[at + 1 :])):
            return record, ""
        record = self._decode(line)
        if fault := self._check(record):
            return None, fault
        self._make_lean(record)
        if known:
            known.unmeasured = record.unmeasured or known.unmeasured
        elif begin and _is_trial_alone(begin, record.trial):
            self._known[begin] = _Known(record.trial, record.unmeasured)
        return record, ""

    def _again(self, known: _Known, line: bytes) -> Record | None:
        """The record of a known trial that `line` ends; None where it has to be looked at."""
        try:
            end = self._decode_end(line)
            readings = self._readings(known, end.readings)
        except UNDECODABLE:
            return None
        reasons = known.unmeasured if end.unmeasured else _NONE
        is_as_before = (
            readings is not None and end.key == known.trial.key
            and end.schema in READABLE and end.unmeasured == reasons
        )  # fmt: skip
        if not is_as_before or self._check.of_its_making(end):
            return None
        once = self._once.setdefault
        return Record(
            known.trial, known.trial.key, end.round, end.status,
            once(end.environment, end.environment), once(end.source, end.source), readings, reasons,
            once(end.message, end.message), end.started, end.seconds, end.seed,
            once(end.run, end.run), end.schema,
        )  # fmt: skip

    def _readings(self, known: _Known, told: msgspec.Raw) -> dict[str, Reading] | None:
        found = self._decode_readings(told)
        if not found:
            return _NONE
        # One that is told twice, of which the first is not looked at, makes the text longer.
        if len(told) != 1 + sum(map(len, found)) + sum(map(len, found.values())) + 4 * len(found):
            return None
        before = known.readings
        for metric, raw in found.items():
            last = before.get(metric)
            if last is not None and last[0] == raw:
                found[metric] = last[1]
                continue
            found[metric] = reading = self._decode_reading(raw)
            if self._check.of_reading(metric, reading):
                return None
            self._make_reading_lean(reading)
            if len(reading.samples) == 1:  # those of a clock, several, do not come again
                before[metric] = raw.copy(), reading
        return found

    def _make_lean(self, record: Record) -> None:
        trial = self._check.trials[record.key]
        _set(record, "trial", trial)
        _set(record, "key", trial.key)
        for name in ("environment", "source", "message", "run"):
            text = getattr(record, name)
            _set(record, name, self._once.setdefault(text, text))
        reasons = record.unmeasured
        known = self._once.setdefault(tuple(reasons.items()), reasons) if reasons else _NONE
        _set(record, "unmeasured", known)
        for reading in record.readings.values():
            self._make_reading_lean(reading)

    def _make_reading_lean(self, reading: Reading) -> None:
        once = self._once.setdefault
        _set(reading, "unit", once(reading.unit, reading.unit))
        if reading.notes:
            _set(reading, "notes", once(reading.notes, reading.notes))
        if not reading.terms:
            _set(reading, "terms", _NONE)
        if not reading.pictures:
            _set(reading, "pictures", _NONE)


def _is_trial_alone(begin: bytes, trial: Trial) -> bool:
    """Whether the beginning of a line says the trial, whole, and nothing else."""
    try:
        return msgspec.json.decode(begin + b"}", type=_Begin).trial == trial
    except UNDECODABLE:
        return False
