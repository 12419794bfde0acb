"""Lines of records, checked, as columns.

Of a million records most say again what one before them said: what was checked once is not checked
again.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from attnbench.columns import Columns, FaultError
from attnbench.record import SCHEMA, Reading, Record
from attnbench.record_check import (
    LARGEST,
    MOST_ROUNDS,
    MOST_SECONDS,
    SMALLEST_TIME,
    of_format,
    of_numbers,
    of_starts,
    of_trial,
)
from attnbench.run_lines import UNDECODABLE
from attnbench.trial import Trial


def _between(kind: type, least: float, most: float) -> Any:
    return Annotated[kind, msgspec.Meta(ge=least, le=most)]


def _told(kind: type[msgspec.Struct], **types: Any) -> type[msgspec.Struct]:
    """As a line tells it: fields are of other types than in what is made of it."""
    wanted: list[Any] = []
    for f in msgspec.structs.fields(kind):
        if f.name in types:
            given = msgspec.field(default=f.default, default_factory=f.default_factory)
            wanted.append((f.name, types[f.name]) if f.required else (f.name, types[f.name], given))
    return msgspec.defstruct(f"_{kind.__name__}", wanted, bases=(kind,), frozen=True, gc=False)


# Usual numbers can be computed with, floats also as times, and their bounds are looked at as they
# are made. A record with another one, be it 0.0, is read again and judged.
_SAMPLE = _between(int, -(2**63), 2**63 - 1) | _between(float, SMALLEST_TIME, LARGEST)
_USUAL = _told(
    Record,
    trial=msgspec.Raw,  # to decode it takes as long as all the rest, and most are spelled alike
    round=_between(int, 0, MOST_ROUNDS - 1),
    readings=dict[str, _told(Reading, samples=tuple[_SAMPLE, ...])],
    seconds=_between(float, 0, MOST_SECONDS),
    seed=_between(int, -(2**63), 2**63 - 1),
    schema=_between(int, SCHEMA, SCHEMA),
)
_ANY = _told(Record, trial=msgspec.Raw)


def lines_in(text: bytes) -> int:
    return text.count(b"\n") + (not text.endswith(b"\n"))


class RecordLines:
    """Reads the lines of a file into `columns`: one, or many at once, which is faster."""

    def __init__(self) -> None:
        self.columns = Columns(checked=True)
        usual = msgspec.json.Decoder(_USUAL)
        self._decode, self._decode_lines = usual.decode, usual.decode_lines
        self._decode_trial = msgspec.json.Decoder(Trial).decode
        self._spelled: list[msgspec.Raw] = []  # each trial as it first was, by number

    def __call__(self, line: bytes) -> str:
        """What is wrong with it; "" for nothing. Raises what msgspec does where it is no record."""
        try:
            told: Any = self._decode(line)
        except msgspec.ValidationError:
            told = msgspec.json.decode(line, type=_ANY)
            if fault := of_format(told) or of_numbers(told):
                return fault
        try:
            self._add([told])
        except FaultError as fault:
            return str(fault)
        return ""

    def many(self, lines: bytes) -> bool:
        """All of them, or none: False where one cannot be read, or has an unusual number."""
        try:
            told = self._decode_lines(lines)
            if len(told) != lines_in(lines):
                return False
            self._add(told)
        except (*UNDECODABLE, FaultError):
            return False
        return True

    def _add(self, told: Sequence[Any]) -> None:
        if fault := of_starts([r.started for r in told]):
            raise FaultError(fault)
        numbers = [*map(self.columns.keys.get, [r.key for r in told])]
        if None in numbers or [self._spelled[n] for n in numbers] != [r.trial for r in told]:
            numbers = [*map(self._number, told)]
        self.columns.extend(told, numbers)

    def _number(self, told: Any) -> int:
        """Of its trial. Raises FaultError, or what msgspec does, for one that it cannot have."""
        number = self.columns.keys.get(told.key)
        if number is None or self._spelled[number] != told.trial:
            trial = self._decode_trial(told.trial)
            if fault := of_trial(trial, told.key):
                raise FaultError(fault)
            if number is None:
                number = self.columns.number(told.key, trial)
                self._spelled.append(told.trial.copy())
        return number
