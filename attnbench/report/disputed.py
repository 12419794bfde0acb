"""The counts on which runs that were merged do not agree: they were of other code."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from attnbench.record import Record
from attnbench.report.evidence import Evidence
from attnbench.report.numbers import whole
from attnbench.report.places import Place
from attnbench.report.quantities import KNOWN
from attnbench.report.tables import Column, Table, estimated, names, nothing, words
from attnbench.stats import exactly
from attnbench.trial import Trial


@dataclass
class Count:
    """One count of one trial, by environment."""

    trial: Trial
    unit: str
    origin: str
    values: dict[str, float] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        return len(set(self.values.values())) > 1


def disputed_counts(evidence: Evidence, found: Sequence[Place]) -> list[Table]:
    """A table a metric: a row a trial, a column an environment."""
    columns = list({p.environment.id: p for p in found}.values())
    counts = _counts(evidence.run.disputed)
    metrics = sorted({metric for (metric, _), c in counts.items() if c.differs})
    return [
        _table(evidence, m, [c for (k, _), c in counts.items() if k == m and c.differs], columns)
        for m in metrics
    ]


def _counts(records: Sequence[Record]) -> dict[tuple[str, str], Count]:
    found: dict[tuple[str, str], Count] = {}
    for record in records:
        for metric, reading in record.readings.items():
            new = Count(record.trial, reading.unit, reading.origin)
            count = found.setdefault((metric, record.key), new)
            count.values[record.environment] = reading.samples[0]
    return found


def _table(evidence: Evidence, metric: str, rows: Sequence[Count], found: Sequence[Place]) -> Table:
    rows = sorted(rows, key=lambda c: (evidence.rank(c.trial), c.trial.shape.pixels, c.trial.mode))
    columns = [
        names([c.trial for c in rows]),
        words("of", [f"{c.trial.shape} {c.trial.part} {c.trial.mode}" for c in rows]),
    ]
    for place in found:
        values = [c.values.get(place.environment.id) for c in rows]
        cells = [
            nothing() if v is None else estimated(whole(v), exactly(v), c.unit)
            for v, c in zip(values, rows, strict=True)
        ]
        columns.append(Column(place.name, tuple(cells), rows[0].unit, rows[0].origin))
    return Table(KNOWN.get(metric, metric), tuple(columns))
