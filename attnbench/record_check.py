"""What a record of a file says that cannot be, part by part; "" for nothing.

Behind this, numbers can be computed with, names can be printed, and a record's key is that of its
trial.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from attnbench.printable import is_name
from attnbench.record import SCHEMA, Reading, Record
from attnbench.trial import Trial

LARGEST = 1e30  # of any number: its square and its inverse can still be computed with
SMALLEST_TIME = 1e-15  # seconds
MOST_ROUNDS, MOST_SECONDS, LARGEST_SIDE = 10**6, 10**9, 2**31
_NUMBER = (int, float)
_UNNAMED = "a name of a reading that cannot be printed"

# A format is read by the types of today where what it lacks has a default that is true of it:
# 1  no conditions, no governor, turbo, quota, ECC, MIG: not told; sdpa "auto", no cudnn_benchmark,
#    as its workers had them; a record is of the run whose folder it is in
# 2  no backbone: a trial was of a block or a head
# 3  no pictures
# 4  record.py
READABLE = (1, 2, 3, 4)


_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def of_format(record: Record) -> str:
    if record.schema in READABLE:
        return ""
    return f"of {newer(record.schema)}" if record.schema > SCHEMA else "of no known format"


def of_trial(trial: Trial, key: str) -> str:
    """Of its trial, and of the key, which is made of it."""
    texts = [v for v in trial.options.values() if isinstance(v, str)]
    if not all(map(is_name, (trial.head, trial.device, *trial.options, *texts))):
        return "a name that cannot be printed"
    if out_of_range(list(trial.options.values())):
        return "an option that cannot be"
    if not all(1 <= n < LARGEST_SIDE for n in trial.shape):
        return "a shape that cannot be"
    return "" if trial.key == key else "a key that is not its trial's"


def of_numbers(record: Record) -> str:
    """Of all of them."""
    if not (0 <= record.round < MOST_ROUNDS and 0 <= record.seconds <= MOST_SECONDS):
        return "a round or a duration that cannot be"
    if not -LARGEST <= record.seed <= LARGEST:
        return "a seed that cannot be"
    return next(filter(None, map(_of_samples, record.readings.values())), "")


def of_place(place: tuple[str, str, str]) -> str:
    """Of the environment and the run that it was made in; its source is never printed."""
    environment, _, run = place
    return "" if is_name(environment) and is_name(run) else "a name that cannot be printed"


def of_reasons(reasons: tuple[tuple[str, str], ...]) -> str:
    """Of the metrics that have no reading."""
    return "" if all(is_name(m) for m, _ in reasons) else "a name that cannot be printed"


def of_starts(started: Sequence[str]) -> str:
    """Of times, or "" where one is not told."""
    try:
        times = [*map(datetime.fromisoformat, filter(None, started))]
        can_be = not times or (min(times) >= _FIRST and max(times) < _LAST)
    except (ValueError, TypeError):  # a text that is none, and a time of no zone
        can_be = False
    return "" if can_be else "a start that is no time"


def of_kind(kind: tuple) -> str:
    """Of metric and unit of a reading."""
    metric, unit, *_ = kind
    return "" if is_name(metric) and is_name(unit) else _UNNAMED


def of_whole(reading: Reading) -> str:
    """Of a reading that has terms, pictures, or samples that are no floats."""
    if not all(map(is_name, (*reading.terms, *reading.pictures))):
        return _UNNAMED
    if any(abs(term) > LARGEST for term in reading.terms.values()):
        return "a number that cannot be"
    if 0 in reading.samples and any(reading.terms.values()):
        return "a count of zero that has parts"
    return _of_samples(reading)


def _of_samples(reading: Reading) -> str:
    samples = reading.samples
    if not samples:
        return "a reading without a sample"
    if min(samples) < -LARGEST or max(samples) > LARGEST:
        return "a number that cannot be"
    if reading.unit == "s" and min(samples) < SMALLEST_TIME:
        return "a time that is not above zero"
    return ""


def newer(schema: int) -> str:
    return f"format {schema}, newer than {SCHEMA}; upgrade attnbench"


def out_of_range(value: Any) -> bool:
    """Whether a number is in it that cannot be computed with."""
    if isinstance(value, dict):
        return any(map(out_of_range, value.values()))
    if isinstance(value, list | tuple):
        return any(map(out_of_range, value))
    return isinstance(value, _NUMBER) and not -LARGEST <= value <= LARGEST
