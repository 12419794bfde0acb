"""Lines of a run folder: decoded in the format that they were written in, and checked.

What a line says is checked here, once: behind it, numbers are finite, names can be printed, and a
record's key is that of its trial.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from attnbench.conditions import Conditions
from attnbench.plain_files import LONGEST_LINE, lines
from attnbench.printable import is_name
from attnbench.record import SCHEMA, Environment, Record
from attnbench.record_check import MOST_SECONDS, SMALLEST_TIME, newer, out_of_range
from attnbench.record_lines import RecordLines

_UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_TOO_LONG = f"longer than {LONGEST_LINE} bytes"
NAMED = 5  # lines of a file that are told one by one
TOLD_EVERY = 1000  # lines
Tell = Callable[[str, int, int], None]  # what is read, how many bytes, of how many


class _Schema(msgspec.Struct):
    schema: int


def values(path: Path, kind: type, warnings: list[str], tell: Tell | None = None) -> Iterator[Any]:
    """What the lines of a file hold, as `kind`. Others are left out, each with a warning."""
    read = _READERS[kind]()
    left_out = 0
    for number, line in _told(path, tell) if tell else lines(path):
        try:
            value, fault = read(line) if line is not None else (None, _TOO_LONG)
        except _UNDECODABLE:
            value, fault = None, _fault(line or b"")
        if value is not None:
            yield value
        elif fault:
            left_out += 1
            if left_out <= NAMED:
                warnings.append(
                    f"{path}: line {number} {_verb(fault)} {fault}; it is left out, the others are "
                    "kept"
                )
    if left_out > NAMED:
        warnings.append(f"{path}: {left_out} lines in all are left out, for such reasons")


def _told(path: Path, tell: Tell) -> Iterator[tuple[int, bytes | None]]:
    """The lines of a file; `tell` is told how far they are."""
    done, size = 0, path.stat().st_size if path.exists() else 0
    for number, line in lines(path):
        yield number, line
        done += len(line or b"")
        if number % TOLD_EVERY == 0:
            tell(f"reading {path.parent.name}", done, max(size, done))


def _fault(line: bytes) -> str:
    """What a line is that cannot be decoded; "" for one of spaces alone."""
    if not line.strip():
        return ""
    schema = _schema(line)
    if schema > SCHEMA:
        return f"of {newer(schema)}"
    return "not a whole record" if line.endswith(b"\n") else "cut in the middle"


def _schema(line: bytes) -> int:
    try:
        return msgspec.json.decode(line, type=_Schema).schema
    except _UNDECODABLE:
        return 0


def _verb(fault: str) -> str:
    return "has" if fault.startswith(("a ", "an ", "no ")) else "is"


class _Environments:
    """Reads the lines of environments: their numbers are in range."""

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(Environment).decode

    def __call__(self, line: bytes) -> tuple[Environment | None, str]:
        found = self._decode(line)
        if not is_name(found.id):
            return None, "an id that cannot be printed"
        if out_of_range(msgspec.to_builtins(found)):
            return None, "a number that cannot be"
        return found, ""


class _Conditions:
    """Reads the conditions of a run: noise is of two processes and two samples at least."""

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(Conditions).decode

    def __call__(self, line: bytes) -> tuple[Conditions | None, str]:
        found = self._decode(line)
        usable = found.noise is None or (
            len(found.noise.samples) > 1
            and all(
                len(s) > 1 and min(s) >= SMALLEST_TIME and max(s) <= MOST_SECONDS
                for s in found.noise.samples
            )
        )
        return (found, "") if usable else (None, "a measurement of noise that cannot be")


_READERS: dict[type, type] = {
    Record: RecordLines,
    Environment: _Environments,
    Conditions: _Conditions,
}
