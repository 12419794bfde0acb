"""Lines of a run folder: decoded in the format that they were written in, and checked.

What a line says is checked here, once: behind it, numbers are finite, names can be printed, and a
record's key is that of its trial.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from attnbench.conditions import Conditions
from attnbench.plain_files import LONGEST_LINE, lines
from attnbench.printable import is_name
from attnbench.record import SCHEMA, Environment
from attnbench.record_check import MOST_SECONDS, SMALLEST_TIME, newer, out_of_range

UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_TOO_LONG = f"longer than {LONGEST_LINE} bytes"
NAMED = 5  # lines of a file that are told one by one
T = TypeVar("T")


@dataclass
class LeftOut:
    """Lines of a file that cannot be read: the first, by number, with what is wrong; how many."""

    first: list[tuple[int, str]] = field(default_factory=list)
    count: int = 0

    def unless_read(self, number: int, line: bytes | None, read: Callable[[bytes], str]) -> None:
        """`read` tells what is wrong with a line, or raises where it is none."""
        try:
            fault = read(line) if line is not None else _TOO_LONG
        except UNDECODABLE:
            fault = _fault(line or b"")
        if fault:
            self.add(LeftOut([(number, fault)], 1))

    def add(self, other: "LeftOut", behind: int = 0) -> None:
        """Those of lines that begin behind so many others."""
        here = [(behind + number, fault) for number, fault in other.first]
        self.first = [*self.first, *here][:NAMED]
        self.count += other.count

    def told(self, path: Path) -> list[str]:
        """A warning for each of the first, and one for all."""
        told = [
            f"{path}: line {number} {_verb(fault)} {fault}; it is left out, the others are kept"
            for number, fault in self.first
        ]
        if self.count > NAMED:
            told.append(f"{path}: {self.count} lines in all are left out, for such reasons")
        return told


def values(path: Path, kind: type[T], warnings: list[str]) -> list[T]:
    """What the lines of a file of environments or conditions hold, as `kind`.

    Others are left out, each with a warning.
    """
    decode, judge = msgspec.json.Decoder(kind).decode, _JUDGES[kind]
    found: list[T] = []

    def read(line: bytes) -> str:
        value = decode(line)
        fault = judge(value)
        if not fault:
            found.append(value)
        return fault

    left_out = LeftOut()
    for number, line in lines(path):
        left_out.unless_read(number, line, read)
    warnings += left_out.told(path)
    return found


class _Schema(msgspec.Struct):
    schema: int


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
    except UNDECODABLE:
        return 0


def _verb(fault: str) -> str:
    return "has" if fault.startswith(("a ", "an ", "no ")) else "is"


def _of_environment(found: Environment) -> str:
    """Its numbers are in range."""
    if not is_name(found.id):
        return "an id that cannot be printed"
    return "a number that cannot be" if out_of_range(msgspec.to_builtins(found)) else ""


def _of_conditions(found: Conditions) -> str:
    """Noise is of two processes and two samples at least."""
    usable = found.noise is None or (
        len(found.noise.samples) > 1
        and all(
            len(s) > 1 and min(s) >= SMALLEST_TIME and max(s) <= MOST_SECONDS
            for s in found.noise.samples
        )
    )
    return "" if usable else "a measurement of noise that cannot be"


_JUDGES: dict[type, Callable[..., str]] = {
    Environment: _of_environment,
    Conditions: _of_conditions,
}
