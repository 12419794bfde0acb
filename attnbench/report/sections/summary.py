"""The first screen: the answer in sentences with their numbers, and every head in one table."""

from math import prod

from attnbench.curves import Curve
from attnbench.report import answer, heads_shown
from attnbench.report.document import Row, text
from attnbench.report.evidence import Evidence
from attnbench.report.numbers import exponent, side
from attnbench.report.places import what_is_compared
from attnbench.report.sections import section
from attnbench.report.shown import answered
from attnbench.report.slices import Slice
from attnbench.report.tables import Cell, Column, Table, estimated, names, nothing, quantities
from attnbench.report.trained import compared, percent

_COLUMNS = (
    ("macs.counted", "inference", "MACs, forward"),
    ("memory", "inference", "peak memory, forward"),
    ("memory_predicted", "inference", "peak memory, forward"),
    ("memory_predicted", "training", "peak memory, forward + backward"),
    ("latency", "inference", "latency, forward"),
    ("latency", "training", "latency, forward + backward"),
)


@section("The answer", order=10)
def summary(evidence: Evidence) -> list:
    """Always there: a run with nothing in it says so."""
    at = answered(evidence)
    warnings = [text(w, role="warning") for w in evidence.warnings]
    if at is None:
        return [text("This run has no reading: below is what failed.", role="lead"), *warnings]
    machine = text(*answer.machine(evidence, at), role="note")
    words = (*answer.sentences(evidence, at), machine, *heads_shown.told(evidence), *warnings)
    table = headline(evidence, at)
    sides = [found] if (found := what_is_compared(evidence)) else []
    return [Row((words, (table,))), *sides] if len(table.columns) > 1 else [*words, *sides]


def headline(evidence: Evidence, at: Slice) -> Table:
    """Every head at the size of the answer, with how its cost grows there."""
    columns = [names(at.trials), *_accuracy(evidence, at)]
    for metric, mode, title in _COLUMNS:
        value = at.first(metric)
        superseded = metric == "memory_predicted" and any(at.estimates("memory", mode))
        if value is None or superseded:
            continue
        column = quantities(
            title, at.estimates(metric, mode), value.unit,
            origin=value.origin, missing=at.missing(mode), mark_best=True,
        )  # fmt: skip
        columns.append(column)
    columns += [_growth(at, "macs.counted", "MACs"), _growth(at, "latency", "latency")]
    caption = (
        f"Every head on a {at.input}: {at.pixels}, {at.reads}, batch {at.shape.batch}, {at.dtype}"
    )
    return Table(caption, tuple(columns)).without_empty_columns()


def _accuracy(evidence: Evidence, at: Slice) -> list[Column]:
    """Of the first training of several heads."""
    values = {t.label: evidence.values[t.key, "accuracy"].estimate for t in compared(evidence)}
    found = {label: estimated(percent(v), v, "share") for label, v in values.items()}
    cells = tuple(found.get(label, nothing()) for label in at.labels)
    return [Column("mean IoU", cells, "%", "measured")] if found else []


def _growth(at: Slice, metric: str, title: str) -> Column:
    curves = at.curves(metric, "inference")
    cells = tuple(_last(curves.get(label)) for label in at.labels)
    to = side(*max((c.sizes[-1] for c in curves.values()), key=prod)) if curves else ""
    return Column(f"{title}, power of N", cells, unit=f"last doubling, to {to}")


def _last(curve: Curve | None) -> Cell:
    law = curve.power_law() if curve else None
    return estimated(exponent(law.last), law.last) if law else nothing()
