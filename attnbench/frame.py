"""Readings of runs as a pandas DataFrame: for notebooks and for exports."""

from statistics import median

import pandas as pd

from attnbench.machines import apart
from attnbench.record import Environment, Reading, Record
from attnbench.store import Run
from attnbench.trial import Option

COLUMNS = (
    "run", "suite", "environment", "cpu", "gpu", "torch", "key", "round", "status", "started",
    "label", "head", "part", "batch", "channels", "height", "width", "pixels", "dtype", "device",
    "mode", "kernel", "backbone", "line", "metric", "unit", "better", "origin", "value", "count",
    "least", "most", "samples",
)  # fmt: skip
OPTION = "option."  # begins the columns of options


def frame(*runs: Run) -> pd.DataFrame:
    """One row a reading and round: who, where, which metric, and the median of its samples.

    COLUMNS, then one for each option that some head of the rows was given, as text, as it would be
    typed. `value` is the median, `least` and `most` the extremes of `count` samples, all in base
    units. Records without a reading (skipped, failed) have no row.
    """
    rows = [
        _row(run, record, metric, reading)
        for run in runs
        for record in apart(run.records)
        for metric, reading in record.readings.items()
    ]
    options = sorted({name for row in rows for name in row if name.startswith(OPTION)})
    return pd.DataFrame(rows, columns=[*COLUMNS, *options])


def _row(run: Run, record: Record, metric: str, reading: Reading) -> dict[str, object]:
    trial, here = record.trial, run.environments.get(record.environment)
    samples = tuple(map(float, reading.samples))
    return {
        "run": record.run or run.name,
        "suite": run.info.suite,
        "environment": record.environment,
        **_machine(here),
        "key": record.key,
        "round": record.round,
        "status": record.status,
        "started": record.started,
        "label": trial.label,
        "head": trial.head,
        "part": trial.part,
        "batch": trial.shape.batch,
        "channels": trial.shape.channels,
        "height": trial.shape.height,
        "width": trial.shape.width,
        "pixels": trial.shape.pixels,
        "dtype": trial.dtype,
        "device": trial.device,
        "mode": trial.mode,
        "kernel": trial.kernel,
        "backbone": trial.backbone,
        "line": trial.line,
        "metric": metric,
        "unit": reading.unit,
        "better": reading.better,
        "origin": reading.origin,
        "value": median(samples),
        "count": len(samples),
        "least": min(samples),
        "most": max(samples),
        "samples": samples,
    } | {OPTION + name: _typed(value) for name, value in trial.options.items()}


def _machine(environment: Environment | None) -> dict[str, str]:
    if environment is None:
        return {"cpu": "", "gpu": "", "torch": ""}
    gpus = ", ".join(g.name for g in environment.gpus)
    return {"cpu": environment.cpu, "gpu": gpus, "torch": environment.torch}


def _typed(value: Option) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
