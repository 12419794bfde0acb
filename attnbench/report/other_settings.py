"""What trained heads score with other options, or on other pictures, their weights unchanged."""

from collections.abc import Sequence
from statistics import fmean

from attnbench.report.document import Fold
from attnbench.report.evidence import Evidence
from attnbench.report.tables import Cell, Column, Table, names, nothing
from attnbench.trial import Trial

READINGS = (
    ("accuracy.with", "Mean IoU with other options of the head"),
    ("accuracy.transfer", "Mean IoU on other pictures"),
)
TRAINED = "as trained"


def other_settings(evidence: Evidence, trials: Sequence[Trial]) -> list[Fold]:
    """A table for each kind of setting that the run tried; means over seeds, in per cent."""
    return [
        Fold(title, (_table(evidence, found, metric, title),))
        for metric, title in READINGS
        if (found := [t for t in trials if (t.key, metric) in evidence.values])
    ]


def _table(evidence: Evidence, trials: list[Trial], metric: str, title: str) -> Table:
    rows = [
        {TRAINED: evidence.values[t.key, "accuracy"].estimate.value} | _means(evidence, t, metric)
        for t in trials
    ]
    columns = [names(trials)]
    for setting in dict.fromkeys(name for row in rows for name in row):
        cells = [_percent(row.get(setting)) for row in rows]
        columns.append(Column(setting, tuple(cells), "%", "measured"))
    return Table(f"{title}, with the same weights", tuple(columns))


def _percent(share: float | None) -> Cell:
    return nothing() if share is None else Cell(f"{100 * share:.1f}", sort=share, base="share")


def _means(evidence: Evidence, trial: Trial, metric: str) -> dict[str, float]:
    seeds = [reading.terms for reading in evidence.by_trial.of(trial.key, metric)]
    settings = dict.fromkeys(name for seed in seeds for name in seed)
    return {name: fmean(seed[name] for seed in seeds if name in seed) for name in settings}
