"""What one module cost in this process: every reading with unit, interval, origin and samples."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import attnbench.measure as measure
from attnbench import stats
from attnbench.api.showing import html, plain
from attnbench.errors import AttnbenchError, UnknownNameError
from attnbench.printable import one_line
from attnbench.record import Better, Origin, Reading
from attnbench.report.document import text
from attnbench.report.numbers import quantity, whole
from attnbench.report.tables import Cell, Column, Table, estimated, words
from attnbench.stats import Estimate
from attnbench.trial import Trial

INTERVAL = (
    "Intervals are of 95 %, over the samples of this one process; what differs from process to "
    "process, often more, is not in them."
)


@dataclass(frozen=True)
class Quantity:
    """One reading in base units: seconds, bytes, MACs, FLOPs, joules; a count has no unit.

    `name` is "latency" or "macs.counted". `value` is the count, or the median of the samples, and
    `low` and `high` the ends of its 95 % interval over the `samples` of this process: NaN where
    they are too few, equal for what is exact; `unit` is of all of them. `origin` is "measured",
    "counted", "predicted" or "modelled", `better` "lower" or "higher". `terms` splits a count by
    kind of work, `notes` say how it was come by.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    origin: Origin
    better: Better
    samples: tuple[int | float, ...]
    terms: Mapping[str, int | float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, reading: Reading) -> "Quantity":
        """A reading as a metric gives it."""
        samples = reading.samples
        many = reading.origin == "measured"
        found = stats.blocked_median(samples) if many else stats.exactly(samples[0])
        value = samples[0] if len(samples) == 1 else found.value
        return cls(
            name, value, found.low, found.high, reading.unit, reading.origin, reading.better,
            samples, reading.terms, reading.notes,
        )  # fmt: skip

    @property
    def estimate(self) -> Estimate:
        """Value and interval."""
        return Estimate(self.value, self.low, self.high)

    def __str__(self) -> str:
        return f"{self.name} {self.printed}, {self.origin}"

    @property
    def printed(self) -> str:
        """The value with its interval, where there is one, in a readable unit."""
        if not self.unit and self.estimate.exact:
            return whole(self.value)
        return quantity(self.estimate, self.unit)


@dataclass(frozen=True, repr=False)
class Measured:
    """Readings of one module on one input, by name: `found["latency"].value`.

    `trial` says of what: its head is the name of the class. `quantities` are the readings,
    `unmeasured` the metrics that have none, each with the reason. `device` and `torch` name where,
    `threads` are those that torch may use on the CPU.
    """

    trial: Trial
    quantities: Mapping[str, Quantity]
    unmeasured: Mapping[str, str]
    device: str
    torch: str
    threads: int

    def __getitem__(self, name: str) -> Quantity:
        """Raises AttnbenchError, with the reason, for what was not measured."""
        if name in self.quantities:
            return self.quantities[name]
        for metric, reason in self.unmeasured.items():
            if name in measure.directions(metric):
                raise AttnbenchError(f"{name} was not measured: {reason}")
        raise UnknownNameError("reading", name, self.quantities)

    def __iter__(self) -> Iterator[str]:
        return iter(self.quantities)

    def __len__(self) -> int:
        return len(self.quantities)

    def __contains__(self, name: object) -> bool:
        return name in self.quantities

    def __repr__(self) -> str:
        first = [q for q in self.quantities.values() if "." not in q.name]
        told = ", ".join(f"{q.name} {q.printed}" for q in first) or f"{len(self)} readings"
        return f"<Measured {self.trial.label} {self.trial.shape}: {told}>"

    def __str__(self) -> str:
        return plain(self._blocks)

    def _repr_html_(self) -> str:
        return html(self._blocks)

    @property
    def _blocks(self) -> list[Any]:
        trial, found = self.trial, list(self.quantities.values())
        missing = list(self.unmeasured.items())
        caption = f"{one_line(trial.label)} on {trial.shape}, {trial.dtype}, {trial.mode}"
        notes = [one_line("; ".join(q.notes)) for q in found]
        columns = (
            words("reading", [*(q.name for q in found), *(name for name, _ in missing)]),
            Column("value", (*map(_cell, found), *(Cell("not measured") for _ in missing))),
            words("origin", [*(q.origin for q in found), *("" for _ in missing)]),
            words("notes", [*notes, *(one_line(reason) for _, reason in missing)]),
        )
        threads = f", {self.threads} threads" if self.device == "cpu" else ""
        where = f"{self.device}{threads}, torch {self.torch}"
        measured = any(q.origin == "measured" for q in found)
        lines = [where, *([INTERVAL] if measured else [])]
        return [Table(caption, columns), text(". ".join(lines), role="note")]


def _cell(found: Quantity) -> Cell:
    return estimated(found.printed, found.estimate, found.unit)
