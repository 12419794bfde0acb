"""What is counted over all records of a run: in passes that look at little, as there may be
millions of records.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np

from attnbench.kinds import NO_DEVICE
from attnbench.record import Record, Status
from attnbench.records import Records

TIMES = "latency"  # begins the names of readings whose notes tell what disturbed them
_time = datetime.fromisoformat
UTC = "+00:00"  # ends the starts that attnbench writes, which then sort as they are spelled


class Tally:
    """How many records have which status, what they were made in, and when."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records = Records.of(records)

    @cached_property
    def statuses(self) -> Counter[Status]:
        return Counter(self._records.statuses)

    @cached_property
    def rounds(self) -> int:
        return 1 + int(self._records.rounds.max(initial=0))

    @cached_property
    def failed(self) -> Records:
        """Those that are not ok, skipped ones too."""
        return self._records.at(np.array([s != "ok" for s in self._records.statuses], dtype=bool))

    @cached_property
    def unmeasured(self) -> Records:
        """Those with a reason why a metric has no reading."""
        return self._records.with_reasons()

    @cached_property
    def measured_in(self) -> dict[tuple[str, str], None]:
        """(environment, device) of all that has a reading of a device, in the order of records."""
        found = self._records.with_readings().alike("place", "trial")
        told = ((record.environment, record.trial.device) for record, _ in found)
        return dict.fromkeys(place for place in told if place[1] != NO_DEVICE)

    @cached_property
    def notes(self) -> Counter[tuple[str, ...]]:
        """Of times, with how many readings have them."""
        found: Counter[tuple[str, ...]] = Counter()
        for (metric, *_, notes), count in self._records.kinds_of_readings():
            if notes and metric.startswith(TIMES):
                found[notes] += count
        return found

    @property
    def busy(self) -> float:
        """Seconds in trials."""
        return sum(seconds for _, seconds in self._started)

    @cached_property
    def span(self) -> timedelta | None:
        """From the first start to the last end; None where no start is on record."""
        starts = [start for start, _ in self._started]
        if not starts:
            return None
        is_plain = all(start.endswith(UTC) for start in starts)
        order = None if is_plain else _time
        first, last = _time(min(starts, key=order)), _time(max(starts, key=order))
        # The last end is of none that began a longest trial before the last start.
        begin = last - timedelta(seconds=max(seconds for _, seconds in self._started))
        text = begin.isoformat() if is_plain else ""
        late = [told for told in self._started if told[0] >= text]
        return max(_time(start) + timedelta(seconds=seconds) for start, seconds in late) - first

    @cached_property
    def _started(self) -> list[tuple[str, float]]:
        """Start and seconds of those that tell their start."""
        told = zip(self._records.started, self._records.seconds.tolist(), strict=True)
        return [(start, seconds) for start, seconds in told if start]
