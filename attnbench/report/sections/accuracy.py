"""What the heads buy: mean IoU after a training, alone and against what they cost."""

from dataclasses import dataclass

from attnbench.report.document import Figure, Fold, Row, text
from attnbench.report.evidence import Evidence, Value
from attnbench.report.learning import learning_curves
from attnbench.report.numbers import number
from attnbench.report.other_settings import other_settings
from attnbench.report.plot import Mark, Scatter
from attnbench.report.sections import section
from attnbench.report.settings import Setting
from attnbench.report.shown import LINES, distance, drawn, first
from attnbench.report.tables import (
    Cell,
    Column,
    Table,
    estimated,
    names,
    nothing,
    quantities,
    words,
)
from attnbench.report.trained import BASELINE, minus, percent, trained
from attnbench.stats import Estimate
from attnbench.tradeoff import Point, front
from attnbench.trial import Trial

COSTS = (  # metric, how a figure calls it
    ("macs.counted", "MACs of a forward pass"),
    ("memory_predicted", "predicted peak memory of a forward pass"),
    ("latency", "latency of a forward pass"),
)
LEAST = 2  # heads in a figure
FIGURES = len(COSTS) + 1  # of a training: its costs, and how it went


@section("What the heads buy", order=12)
def accuracy(evidence: Evidence) -> list | None:
    shown = first(
        trained(evidence),
        LINES,
        lambda trials: distance(evidence, Setting.of(trials[0])),
        lambda trials: FIGURES * drawn(len(trials)),
    )
    blocks = [block for trials in shown.items for block in _group(evidence, trials)]
    return shown.told(evidence, "trainings") + blocks or None


def _group(evidence: Evidence, trials: list[Trial]) -> list:
    intro = (
        f"Trained as stated: {_recipe(evidence, trials)}. A round is a seed; intervals are of 95 % "
        "over the seeds. Mean IoU is over the classes that occur in the truth or in a prediction."
    )
    told = (
        "Filled marks, joined, are heads that no other surely beats on both axes: the others are "
        "dominated with all of their intervals."
    )
    figures = [f for metric, title in COSTS if (f := _figure(evidence, trials, metric, title))]
    row = [text(told), Row(tuple((f,) for f in figures))] if figures else []
    learning = learning_curves(evidence, trials)
    rest = [Fold("How they learned", (learning,))] if learning else []
    rest += other_settings(evidence, trials)
    return [text(intro), _table(evidence, trials), *row, *rest]


def _recipe(evidence: Evidence, trials: list[Trial]) -> str:
    """What the readings say of their training, without the seed."""
    notes = {n for t in trials for n in evidence.values[t.key, "accuracy"].notes}
    told = {note.partition("; seed")[0].partition(": ")[2] for note in notes}
    return "; or ".join(sorted(filter(None, told))) or "not on record"


def _table(evidence: Evidence, trials: list[Trial]) -> Table:
    def estimates(metric: str) -> list[Estimate | None]:
        values = [evidence.values.get((t.key, metric)) for t in trials]
        return [v and v.estimate for v in values]

    columns = [
        names(trials),
        Column("mean IoU", tuple(map(_percent, estimates("accuracy"))), "%", "measured"),
        Column(f"minus {BASELINE}", _minus_baseline(evidence, trials), "points", "measured"),
        Column(
            "pixel accuracy", tuple(map(_percent, estimates("accuracy.pixel"))), "%", "measured"
        ),
        words("IoU of classes", [_classes(evidence.values[t.key, "accuracy"]) for t in trials]),
        quantities("loss at the end", estimates("accuracy.loss"), "", origin="measured"),
        quantities("training", estimates("accuracy.seconds"), "s", origin="measured"),
        words("seeds", [str(len(evidence.values[t.key, "accuracy"].rounds)) for t in trials]),
    ]
    at = trials[0]
    where = f"{at.shape.height}×{at.shape.width}, batch {at.shape.batch}, {at.reads}, {at.dtype}"
    return Table(f"Accuracy, {where}", tuple(columns)).without_empty_columns()


def _minus_baseline(evidence: Evidence, trials: list[Trial]) -> tuple[Cell, ...]:
    values = [evidence.values[t.key, "accuracy"] for t in trials]
    base = next((v for v, t in zip(values, trials, strict=True) if t.label == BASELINE), None)
    return tuple(_difference(value, base) for value in values)


def _difference(value: Value, base: Value | None) -> Cell:
    if base is None or value is base:
        return nothing()
    return _percent(minus(value, base))


def _percent(share: Estimate | None) -> Cell:
    return nothing() if share is None else estimated(percent(share), share, "share")


def _classes(value: Value) -> str:
    """The lowest and the highest of them."""
    shares = sorted((float(v), str(k)) for k, v in value.terms.items())
    if not shares:
        return ""
    low, high = shares[0], shares[-1]
    return f"{number(100 * low[0])} ({low[1]}) to {number(100 * high[0])} ({high[1]})"


@dataclass(frozen=True)
class Bought:
    """A trained head with what it costs."""

    trial: Trial
    cost: Value
    gain: Estimate

    @property
    def point(self) -> Point:
        return Point(self.trial.label, self.cost.estimate, self.gain)


def _figure(evidence: Evidence, trials: list[Trial], metric: str, title: str) -> Figure | None:
    costs = {t.key: _cost(evidence, t, metric) for t in trials}
    gains = {t.key: evidence.values[t.key, "accuracy"].estimate for t in trials}
    found = [Bought(t, cost, gains[t.key]) for t in trials if (cost := costs[t.key])]
    if len(found) < LEAST:
        return None
    ahead = [p.label for p in front([b.point for b in found])]
    marks = tuple(
        Mark.of(b.trial, b.cost.estimate, b.gain, is_front=b.trial.label in ahead) for b in found
    )
    name = f"accuracy-{metric.replace('.', '-')}-{trials[0].key}"
    told = f"Mean IoU over {title}. On the front, from the cheapest: {', '.join(ahead)}."
    unit = found[0].cost.unit
    plot = Scatter(name, f"Mean IoU against {title}", told, unit, title, "mean IoU", marks)
    return Figure(plot, _beside(found, ahead, title))


def _beside(found: list[Bought], ahead: list[str], title: str) -> Table:
    """The numbers of a figure."""
    first = found[0].cost
    columns = (
        names([b.trial for b in found]),
        quantities(title, [b.cost.estimate for b in found], first.unit, origin=first.origin),
        Column("mean IoU", tuple(_percent(b.gain) for b in found), "%", "measured"),
        words("front", ["yes" if b.trial.label in ahead else "" for b in found]),
    )
    return Table(f"Mean IoU and {title}", columns)


def _cost(evidence: Evidence, trained: Trial, metric: str) -> Value | None:
    """Of the same head at the same size, in inference, of the smallest batch that has it."""
    wanted = _same(trained)
    found = [
        (trial.shape.batch, key, evidence.values[key, metric])
        for key, trial in evidence.trials.items()
        if (key, metric) in evidence.values and trial.mode == "inference" and _same(trial) == wanted
    ]
    return min(found, key=lambda f: f[:2])[2] if found else None


def _same(trial: Trial) -> tuple:
    shape = trial.shape
    where = (trial.part, trial.backbone, shape.channels, shape.height, shape.width)
    return trial.label, *where
