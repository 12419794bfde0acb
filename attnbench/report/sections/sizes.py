"""One table a size: everything that was found of each head there."""

from math import log

from attnbench.report.document import Fold, text
from attnbench.report.evidence import Evidence
from attnbench.report.numbers import whole
from attnbench.report.places import device_names
from attnbench.report.quantities import followed
from attnbench.report.sections import section
from attnbench.report.shown import TABLES, answered, distance, first, setting_of
from attnbench.report.slices import Slice, slices
from attnbench.report.tables import Column, Table, names, quantities

_FIRST = (("params", "parameters"), ("macs.counted", "MACs"), ("flops.counted", "FLOPs"))


@section("Every size", order=60)
def sizes(evidence: Evidence) -> list | None:
    found = slices(evidence)
    if not found:
        return None
    chosen = answered(evidence)
    intro = (
        "Bold: the lowest of the column, with all whose interval reaches it. Counts are exact; "
        "± is half of a 95 % interval over rounds; a number without it is exact or was taken once."
    )
    shown = first(found, TABLES, lambda s: _far(evidence, s, chosen))
    called = device_names(evidence)
    tables = [(s, table(evidence, s, called.get(s.device, ""))) for s in shown.items]
    told = [(s, t) for s, t in tables if len(t.columns) > 1]
    folds = [Fold(t.caption, (t,), is_open=s is chosen or len(told) == 1) for s, t in told]
    return [text(intro), *shown.told(evidence, "tables"), *folds] if folds else None


def _far(evidence: Evidence, at: Slice, chosen: Slice) -> tuple:
    """All sizes of the answer's setting come first."""
    return (
        at is not chosen,
        *distance(evidence, setting_of(at)),
        abs(log(at.shape.pixels / chosen.shape.pixels)),
    )


def table(evidence: Evidence, at: Slice, place: str = "") -> Table:
    """`place` is what its device is called, where there are several."""
    columns = [names(at.trials)]
    for metric, title in _FIRST:
        if at.first(metric):
            columns.append(_column(at, metric, "inference", title))
    others = [q for q in followed(evidence) if q.metric != "macs.counted"]
    columns += [_column(at, q.metric, q.mode, q.title) for q in others if at.first(q.metric)]
    title = ", ".join(filter(None, (_title(at), place)))
    return Table(title, tuple(columns), is_titled=True).without_empty_columns()


def _column(at: Slice, metric: str, mode: str, title: str) -> Column:
    value = at.first(metric)
    is_device = value.origin == "measured"
    return quantities(
        title, at.estimates(metric, mode), value.unit, origin=value.origin,
        missing=at.missing(mode) if is_device else (), mark_best=True,
    )  # fmt: skip


def _title(at: Slice) -> str:
    shape = at.shape
    size = f"{shape.height}×{shape.width} (N = {whole(shape.pixels)})"
    return f"{size}, {at.reads}, batch {shape.batch}, {at.dtype}"
