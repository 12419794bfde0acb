"""Lines of records, checked, as columns.

Of a million records most say again what one before them said: what was checked once is not checked
again.
"""

from itertools import chain
from typing import Annotated, Any

import msgspec

from attnbench.columns import Columns, Numbers, like
from attnbench.record import SCHEMA, Reading, Record
from attnbench.record_check import (
    LARGEST,
    MOST_ROUNDS,
    MOST_SECONDS,
    SMALLEST_TIME,
    RecordCheck,
)
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


# Usual numbers can be computed with, also as times, and their bounds are looked at as they are
# made. A record with another one, be it a count of zero, is read again and judged.
_SAMPLE = _between(int, 1, 2**63 - 1) | _between(float, SMALLEST_TIME, LARGEST)
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


class RecordLines:
    """Reads the lines of a file into `columns`.

    Of many lines at once, all that each of them would be, or nothing.
    """

    def __init__(self) -> None:
        self.columns = Columns()
        self._decode = msgspec.json.Decoder(_USUAL).decode
        self._decode_many = msgspec.json.Decoder(list[_USUAL]).decode
        self._decode_trial = msgspec.json.Decoder(Trial).decode
        self._check = RecordCheck()
        self._spelled: list[msgspec.Raw] = []  # each trial as it first was, by number

    def __call__(self, line: bytes) -> str:
        """What is wrong with a line; "" for nothing. Raises what msgspec does where it is none."""
        try:
            told: Any = self._decode(line)
            fault = ""
        except msgspec.ValidationError:
            told = msgspec.json.decode(line, type=_ANY)
            fault = self._unusual(told)
        if fault := fault or self._check.of_rest(told):
            return fault
        number = self.columns.keys.get(told.key)
        if number is None or self._spelled[number] != told.trial:
            trial = self._decode_trial(told.trial)
            if fault := self._check.of_trial(trial, told.key):
                return fault
            if number is None:
                number = self.columns.number(told.key, trial)
                self._spelled.append(told.trial.copy())
        self.columns.append(told, number)
        return ""

    def many(self, lines: list[bytes]) -> bool:
        """Reads lines that say nothing new but times; False, and none is read, if one does more."""
        try:
            told = self._decode_many(b"[" + b",".join(lines) + b"]")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        columns = self.columns
        trials = [columns.keys.get(r.key) for r in told]
        places = [columns.places.get((r.environment, r.source, r.run)) for r in told]
        reasons = [columns.reasons.get(tuple(r.unmeasured.items())) for r in told]
        flat = [item for r in told for item in r.readings.items()]
        kinds = [columns.kinds.get(like(*item)) for item in flat]
        samples = [g.samples for _, g in flat if not g.terms and not g.pictures]
        is_known = (
            len(told) == len(lines)
            and not any(None in numbers for numbers in (trials, places, reasons, kinds))
            and len(samples) == len(flat)
            and all(samples)
            and {float}.issuperset(map(type, chain.from_iterable(samples)))
            and [self._spelled[n] for n in trials] == [r.trial for r in told]
            and not any(self._check.of_start(r.started) for r in told)
        )
        if is_known:
            columns.extend(told, Numbers(trials, places, reasons, kinds), samples)
        return is_known

    def _unusual(self, told: Any) -> str:
        """What is wrong with a record of unusual numbers, if anything is."""
        check = self._check
        readings = (check.of_reading(metric, reading) for metric, reading in told.readings.items())
        return check.of_format(told) or check.of_numbers(told) or next(filter(None, readings), "")
