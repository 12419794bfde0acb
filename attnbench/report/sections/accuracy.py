"""What each head buys: mean IoU after the training of the suite, over its seeds."""

from attnbench import stats
from attnbench.report.document import Fold, text
from attnbench.report.evidence import Evidence, Value
from attnbench.report.numbers import interval, number
from attnbench.report.sections import section
from attnbench.report.slices import Slice, slices
from attnbench.report.tables import Cell, Column, Table, names, nothing, quantities

MODE = "training"
BASELINE = "fcn"  # no context: what the others are held against
POINTS = 100  # a share in hundredths
_BESIDE = (
    ("accuracy.pixel", "pixel accuracy"),
    ("accuracy.loss", "training loss, last twentieth"),
    ("params", "parameters of the head"),
    ("accuracy.seconds", "time of the training"),
)
_TERMS = (
    ("accuracy", "IoU of each class"),
    ("accuracy.with", "Mean IoU with other options of the head and the same weights"),
    ("accuracy.transfer", "Mean IoU on other pictures"),
)


@section("What each head buys", order=15)
def accuracy(evidence: Evidence) -> list | None:
    found = [s for s in slices(evidence) if s.first("accuracy")]
    if not found:
        return None
    blocks = [text(_INTRO), *(text(told, role="note") for told in _recipes(found))]
    for at in found:
        blocks.append(table(evidence, at))
        blocks += [Fold(title, (_terms(evidence, at, m, title),)) for m, title in _TERMS if
                   at.first(m) and at.first(m).terms]  # fmt: skip
    return blocks


_INTRO = (
    "Mean intersection over union on the validation images after one training a seed. Heads of one "
    "seed start with the same weights around the head and see the same batches, so a difference is "
    f"taken seed by seed. ± is half of a 95 % interval over seeds; a point is {1 / POINTS:g}."
)


def table(evidence: Evidence, at: Slice) -> Table:
    """Every head, from the order of the suite, with its difference to the baseline."""
    values = [at.value(label, "accuracy", MODE) for label in at.labels]
    shares = at.estimates("accuracy", MODE)
    columns = [
        names(at.trials, evidence.heads),
        quantities("mean IoU", shares, "share", origin="measured", missing=at.missing(MODE)),
        Column("lowest and highest seed", tuple(map(_range, values)), "share"),
        Column(f"minus {BASELINE}", tuple(_minus(at, v) for v in values), "points"),
    ]
    for metric, title in _BESIDE:
        if value := at.first(metric):
            estimates = at.estimates(metric, MODE)
            columns.append(quantities(title, estimates, value.unit, origin=value.origin))
    shape = at.shape
    caption = f"Trained with batch {shape.batch} on maps of {at.side}, {at.reads}, {at.dtype}"
    return Table(caption, tuple(columns)).without_empty_columns()


def _recipes(found: list[Slice]) -> list[str]:
    """Each recipe that a reading is of, without its seed: one, or nothing may be compared."""
    told = {
        note.rpartition("; ")[0]
        for at in found
        for label in at.labels
        if (value := at.value(label, "accuracy", MODE))
        for note in value.notes
    }
    return [f"Training: {note}." for note in sorted(told)]


def _range(value: Value | None) -> Cell:
    if value is None:
        return nothing()
    shares = value.by_round.values()
    if len(shares) == 1:
        return Cell("one seed")
    return Cell(f"{number(min(shares))} to {number(max(shares))}")


def _minus(at: Slice, value: Value | None) -> Cell:
    base = at.value(BASELINE, "accuracy", MODE)
    shared = sorted(value.by_round.keys() & base.by_round.keys()) if value and base else []
    if not shared or value is base:
        return nothing()
    pairs = [value.by_round[r] - base.by_round[r] for r in shared]
    return Cell(interval(stats.mean(pairs), 1 / POINTS))


def _terms(evidence: Evidence, at: Slice, metric: str, title: str) -> Table:
    """A column a term, its mean over seeds."""
    rows = [_means(evidence, at, label, metric) for label in at.labels]
    columns = [names(at.trials, evidence.heads)]
    for term in dict.fromkeys(t for row in rows for t in row):
        cells = tuple(Cell(number(row[term])) if term in row else nothing() for row in rows)
        columns.append(Column(term, cells, "share", "measured"))
    return Table(title, tuple(columns)).without_empty_rows()


def _means(evidence: Evidence, at: Slice, label: str, metric: str) -> dict[str, float]:
    key = at.keys.get((label, MODE, at.device), "")
    terms = [
        r.readings[metric].terms for r in evidence.records if r.key == key and metric in r.readings
    ]
    every = dict.fromkeys(name for each in terms for name in each)
    return {
        name: sum(known) / len(known)
        for name in every
        if (known := [each[name] for each in terms if name in each])
    }
