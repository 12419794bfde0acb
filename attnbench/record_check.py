"""What a record of a file says that cannot be: behind this, numbers can be computed with, names
can be printed, and a record's key is that of its trial.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from attnbench.printable import is_name
from attnbench.record import SCHEMA, Reading, Record
from attnbench.trial import Trial

LARGEST = 1e30  # of any number: its square and its inverse can still be computed with
SMALLEST_TIME = 1e-15  # seconds
MOST_ROUNDS, MOST_SECONDS, LARGEST_SIDE = 10**6, 10**9, 2**31
_NUMBER = (int, float)

# A format is read by the types of today where what it lacks has a default that is true of it:
# 1  no conditions, no governor, turbo, quota, ECC, MIG: not told; sdpa "auto", no cudnn_benchmark,
#    as its workers had them; a record is of the run whose folder it is in
# 2  no backbone: a trial was of a block or a head
# 3  no pictures
# 4  record.py
READABLE = (1, 2, 3, 4)


class RecordCheck:
    """What is wrong with a record, part by part; "" for nothing. Names are looked at once."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def of_format(self, record: Record) -> str:
        if record.schema in READABLE:
            return ""
        return f"of {newer(record.schema)}" if record.schema > SCHEMA else "of no known format"

    def of_trial(self, trial: Trial, key: str) -> str:
        """Of its trial, and of the key, which is made of it."""
        texts = [v for v in trial.options.values() if isinstance(v, str)]
        if not all(map(is_name, (trial.head, trial.device, *trial.options, *texts))):
            return "a name that cannot be printed"
        if out_of_range(list(trial.options.values())):
            return "an option that cannot be"
        if not all(1 <= n < LARGEST_SIDE for n in trial.shape):
            return "a shape that cannot be"
        return "" if trial.key == key else "a key that is not its trial's"

    def of_numbers(self, record: Record) -> str:
        if not (0 <= record.round < MOST_ROUNDS and 0 <= record.seconds <= MOST_SECONDS):
            return "a round or a duration that cannot be"
        return "" if -LARGEST <= record.seed <= LARGEST else "a seed that cannot be"

    def of_rest(self, record: Record) -> str:
        """Of all but the trial and the usual numbers, which a decoder has looked at."""
        known = self._names
        if not (record.environment in known and record.run in known and not record.unmeasured) and (
            not self._are_names((record.environment, record.run, *record.unmeasured))
        ):
            return "a name that cannot be printed"
        for metric, reading in record.readings.items():
            is_plain = reading.samples and not reading.terms and not reading.pictures
            if not (is_plain and metric in known and reading.unit in known) and (
                fault := self.of_reading(metric, reading)
            ):
                return fault
        return self.of_start(record.started)

    def of_start(self, started: str) -> str:
        """Of a time, or "" where it is not told."""
        if started:
            try:
                time = datetime.fromisoformat(started)
            except ValueError:
                return "a start that is no time"
            if time.tzinfo is None or not 1970 <= time.year < 9000:
                return "a start that is no time"
        return ""

    def of_reading(self, metric: str, reading: Reading) -> str:
        samples, terms, known = reading.samples, reading.terms, self._names
        is_known = metric in known and reading.unit in known
        if not is_known or terms or reading.pictures:
            if not self._are_names((metric, reading.unit, *terms, *reading.pictures)):
                return "a name of a reading that cannot be printed"
            if terms and (fault := _fault_of_terms(reading)):
                return fault
        if not samples:
            return "a reading without a sample"
        if len(samples) == 1:
            least = most = samples[0]
        else:
            least, most = min(samples), max(samples)
        if least < -LARGEST or most > LARGEST:
            return "a number that cannot be"
        if reading.unit == "s" and least < SMALLEST_TIME:
            return "a time that is not above zero"
        return ""

    def _are_names(self, names: Iterable[str]) -> bool:
        known = self._names
        for name in names:
            if name not in known:
                if not is_name(name):
                    return False
                known.add(name)
        return True


def newer(schema: int) -> str:
    return f"format {schema}, newer than {SCHEMA}; upgrade attnbench"


def out_of_range(value: Any) -> bool:
    """Whether a number is in it that cannot be computed with."""
    if isinstance(value, dict):
        return any(map(out_of_range, value.values()))
    if isinstance(value, list | tuple):
        return any(map(out_of_range, value))
    return isinstance(value, _NUMBER) and not -LARGEST <= value <= LARGEST


def _fault_of_terms(reading: Reading) -> str:
    terms = reading.terms.values()
    if max(map(abs, terms)) > LARGEST:
        return "a number that cannot be"
    return "a count of zero that has parts" if 0 in reading.samples and any(terms) else ""
