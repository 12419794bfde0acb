"""Lines of a run folder: decoded in the format that they were written in, and checked.

What a line says is checked here, once: behind it, numbers are finite, names can be printed, and a
record's key is that of its trial.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from attnbench.conditions import Conditions
from attnbench.plain_files import LONGEST_LINE, lines
from attnbench.printable import is_name
from attnbench.record import SCHEMA, Environment, Reading, Record
from attnbench.trial import Trial

LARGEST = 1e30  # of any number: its square and its inverse can still be computed with
SMALLEST_TIME = 1e-15  # seconds
MOST_ROUNDS, MOST_SECONDS, LARGEST_SIDE = 10**6, 10**9, 2**31
_NUMBER = (int, float)
NAMED = 5  # lines of a file that are told one by one

# A format is read by the types of today where what it lacks has a default that is true of it:
# 1  no conditions, no governor, turbo, quota, ECC, MIG: not told; sdpa "auto", no cudnn_benchmark,
#    as its workers had them; a record is of the run whose folder it is in
# 2  no backbone: a trial was of a block or a head
# 3  no pictures
# 4  record.py
READABLE = (1, 2, 3, 4)


class _Schema(msgspec.Struct):
    schema: int


def values(path: Path, kind: type, warnings: list[str]) -> Iterator[Any]:
    """What the lines of a file hold, as `kind`. Others are left out, each with a warning."""
    decode, check = msgspec.json.Decoder(kind).decode, _CHECKS[kind]()
    left_out = 0
    for number, line in lines(path):
        if line is not None and not line.strip():
            continue
        value, fault = None, f"longer than {LONGEST_LINE} bytes"
        if line is not None:
            value, fault = _decoded(line, decode)
        fault = fault or check(value)
        if not fault:
            yield check.same(value)
            continue
        left_out += 1
        if left_out <= NAMED:
            warnings.append(
                f"{path}: line {number} {_verb(fault)} {fault}; it is left out, the others are kept"
            )
    if left_out > NAMED:
        warnings.append(f"{path}: {left_out} lines in all are left out, for such reasons")


def newer(schema: int) -> str:
    return f"format {schema}, newer than {SCHEMA}; upgrade attnbench"


def out_of_range(value: Any) -> bool:
    """Whether a number is in it that cannot be computed with."""
    if isinstance(value, dict):
        return any(map(out_of_range, value.values()))
    if isinstance(value, list | tuple):
        return any(map(out_of_range, value))
    return isinstance(value, _NUMBER) and not -LARGEST <= value <= LARGEST


def _decoded(line: bytes, decode: Callable[[bytes], Any]) -> tuple[Any, str]:
    """The value and "", or nothing and what the line is instead."""
    try:
        value = decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        schema = _schema(line)
        if schema > SCHEMA:
            return None, f"of {newer(schema)}"
        return None, "not a whole record" if line.endswith(b"\n") else "cut in the middle"
    return value, ""


def _schema(line: bytes) -> int:
    try:
        return msgspec.json.decode(line, type=_Schema).schema
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return 0


def _verb(fault: str) -> str:
    return "has" if fault.startswith(("a ", "an ", "no ")) else "is"


class _Records:
    """Checks records. Those of one trial share it: its key is computed once, and memory is kept."""

    def __init__(self) -> None:
        self.trials: dict[str, Trial] = {}
        self.names: set[str] = set()

    def __call__(self, record: Record) -> str:
        if record.schema not in READABLE:
            return f"of {newer(record.schema)}" if record.schema > SCHEMA else "of no known format"
        known = self.trials.get(record.key)
        fault = _trial_fault(record) if known is None else ""
        if fault or (known is not None and known != record.trial):
            return fault or "a key that is not its trial's"
        self.trials.setdefault(record.key, record.trial)
        if not (0 <= record.round < MOST_ROUNDS and 0 <= record.seconds <= MOST_SECONDS):
            return "a round or a duration that cannot be"
        if abs(record.seed) > LARGEST or not self._are_names((record.environment, record.run)):
            return "a name or a seed that cannot be"
        if record.started and not _is_time(record.started):
            return "a start that is no time"
        return self._faults_of_readings(record)

    def same(self, record: Record) -> Record:
        return replace(record, trial=self.trials[record.key])

    def _faults_of_readings(self, record: Record) -> str:
        for metric, reading in record.readings.items():
            if not self._are_names((metric, reading.unit, *reading.terms, *reading.pictures)):
                return "a name of a reading that cannot be printed"
            if fault := _reading_fault(reading):
                return fault
        return "" if self._are_names(record.unmeasured) else "a name that cannot be printed"

    def _are_names(self, names: Iterable[str]) -> bool:
        for name in names:
            if name not in self.names:
                if not is_name(name):
                    return False
                self.names.add(name)
        return True


class _Facts:
    """Checks the numbers of an environment."""

    def __call__(self, environment: Environment) -> str:
        if not is_name(environment.id):
            return "an id that cannot be printed"
        return "a number that cannot be" if out_of_range(msgspec.to_builtins(environment)) else ""

    def same(self, value: Any) -> Any:
        return value


class _Noise(_Facts):
    """Checks the conditions of a run: noise is of two processes and two samples at least."""

    def __call__(self, conditions: Conditions) -> str:
        noise = conditions.noise
        if noise is None:
            return ""
        usable = len(noise.samples) > 1 and all(
            len(s) > 1 and min(s) >= SMALLEST_TIME and max(s) <= MOST_SECONDS for s in noise.samples
        )
        return "" if usable else "a measurement of noise that cannot be"


_CHECKS: dict[type, type] = {Record: _Records, Environment: _Facts, Conditions: _Noise}


def _trial_fault(record: Record) -> str:
    trial = record.trial
    texts = [v for v in trial.options.values() if isinstance(v, str)]
    if not all(map(is_name, (trial.head, trial.device, *trial.options, *texts))):
        return "a name that cannot be printed"
    if out_of_range(list(trial.options.values())):
        return "an option that cannot be"
    if not all(1 <= n < LARGEST_SIDE for n in trial.shape):
        return "a shape that cannot be"
    return "" if trial.key == record.key else "a key that is not its trial's"


def _reading_fault(reading: Reading) -> str:
    if not reading.samples:
        return "a reading without a sample"
    least, most = min(reading.samples), max(reading.samples)
    if least < -LARGEST or most > LARGEST:
        return "a number that cannot be"
    if reading.terms and max(map(abs, reading.terms.values())) > LARGEST:
        return "a number that cannot be"
    if 0 in reading.samples and any(reading.terms.values()):
        return "a count of zero that has parts"
    return "a time that is not above zero" if reading.unit == "s" and least < SMALLEST_TIME else ""


def _is_time(text: str) -> bool:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return False
    return time.tzinfo is not None and 1970 <= time.year < 9000
