"""How the loss fell while the heads were trained: a line a head, its seeds together."""

from collections.abc import Sequence

from attnbench import stats
from attnbench.report.document import Figure
from attnbench.report.evidence import Evidence
from attnbench.report.plot import Line, Plot
from attnbench.report.tables import Table, names, quantities
from attnbench.stats import Estimate
from attnbench.trial import Trial

CURVE = "accuracy.curve"  # samples: the loss of each of as many equal stretches of the training
SHOWN = (0.05, 0.1, 0.25, 0.5, 1.0)  # of the training, in the table


def learning_curves(evidence: Evidence, trials: Sequence[Trial]) -> Figure | None:
    """Loss in nats over the share of the training that is done; None where none is on record."""
    found = [(t, curve) for t in trials if (curve := _curve(evidence, t))]
    if not found:
        return None
    lines = tuple(_line(t, curve) for t, curve in found)
    sizes = {percent: f"{percent} %" for line in lines for percent in line.pixels}
    ends = "; ".join(f"{t.label} ends at {c[-1].value:.3g}" for t, c in found)
    plot = Plot(
        f"learning-{trials[0].key}", "Loss while training", f"Loss over the training: {ends}.",
        "nats", lines, sizes, "share of the training",
    )  # fmt: skip
    return Figure(plot, _table(found))


def _curve(evidence: Evidence, trial: Trial) -> list[Estimate]:
    """The mean over the seeds of each stretch, with its interval."""
    rounds = [reading.samples for reading in evidence.by_trial.of(trial.key, CURVE)]
    if not rounds or len({len(samples) for samples in rounds}) > 1:
        return []
    return [stats.mean(values) for values in zip(*rounds, strict=True)]


def _line(trial: Trial, curve: list[Estimate]) -> Line:
    done = [round(100 * (i + 1) / len(curve)) for i in range(len(curve))]
    names = {"label": trial.label, "pair": trial.label, "is_hollow": False}
    return Line.of(trial, done, curve, **names)


def _table(found: list[tuple[Trial, list[Estimate]]]) -> Table:
    columns = [names([t for t, _ in found])]
    for share in SHOWN:
        values = [c[max(round(share * len(c)) - 1, 0)] for _, c in found]
        columns.append(quantities(f"{100 * share:.0f} %", values, "nats", origin="measured"))
    return Table("Loss, by the share of the training that is done", tuple(columns))
