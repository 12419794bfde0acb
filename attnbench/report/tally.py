"""What is counted over all records of a run: in passes that look at little, as there may be
millions of records.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from operator import attrgetter

from attnbench.kinds import NO_DEVICE
from attnbench.record import Record

TIMES = "latency"  # begins the names of readings whose notes tell what disturbed them
UTC = "+00:00"  # ends the starts that attnbench writes, which then sort as they are spelled


@dataclass(frozen=True)
class Tally:
    """How many records have which status, what they were made in, and when."""

    records: Sequence[Record]

    @cached_property
    def statuses(self) -> Counter[str]:
        return Counter(map(attrgetter("status"), self.records))

    @cached_property
    def rounds(self) -> int:
        return 1 + max(map(attrgetter("round"), self.records), default=0)

    @cached_property
    def failed(self) -> list[Record]:
        """Those that are not ok, skipped ones too."""
        return [r for r in self.records if r.status != "ok"]

    @cached_property
    def unmeasured(self) -> list[Record]:
        """Those with a reason why a metric has no reading."""
        return [r for r in self.records if r.unmeasured]

    @cached_property
    def measured_in(self) -> dict[tuple[str, str], None]:
        """(environment, device) of all that has a reading of a device, in the order of records."""
        # Most trials are one object: their devices are looked up once a trial, not once a record.
        trials = {id(r.trial): r.trial for r in self.records}
        found = dict.fromkeys((r.environment, id(r.trial)) for r in self.records if r.readings)
        told = ((environment, trials[trial].device) for environment, trial in found)
        return dict.fromkeys(place for place in told if place[1] != NO_DEVICE)

    @cached_property
    def notes(self) -> Counter[tuple[str, ...]]:
        """Of times, with how many readings have them."""
        return Counter(
            reading.notes
            for record in self.records
            for name, reading in record.readings.items()
            if reading.notes and name.startswith(TIMES)
        )

    @property
    def busy(self) -> float:
        """Seconds in trials."""
        return sum(map(attrgetter("seconds"), self._started))

    @cached_property
    def span(self) -> timedelta | None:
        """From the first start to the last end; None where no start is on record."""
        if not self._started:
            return None
        ends = (_start(r) + timedelta(seconds=r.seconds) for r in self._late)
        return max(ends) - _start(min(self._started, key=self._order))

    @cached_property
    def _started(self) -> list[Record]:
        return [r for r in self.records if r.started]

    @cached_property
    def _order(self):
        """Sorts records by their start: by its text, where that can be."""
        is_plain = all(r.started.endswith(UTC) for r in self._started)
        return attrgetter("started") if is_plain else _start

    @property
    def _late(self) -> list[Record]:
        """Those that may have ended last: none that began a longest trial before the last start."""
        last = _start(max(self._started, key=self._order))
        longest = max(map(attrgetter("seconds"), self._started))
        begin = last - timedelta(seconds=longest)
        if self._order is _start:
            return [r for r in self._started if _start(r) >= begin]
        text = begin.isoformat()
        return [r for r in self._started if r.started >= text]


def _start(record: Record) -> datetime:
    return datetime.fromisoformat(record.started)
