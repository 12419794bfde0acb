"""Readings of a run as a pandas DataFrame: for notebooks and for exports."""

import numpy as np
import pandas as pd

from attnbench.curves import latest
from attnbench.store import Run


def frame(run: Run) -> pd.DataFrame:
    """One row a reading and round: who, where, which metric, and the median of its samples.

    Columns: run, environment, key, round, status, label, head, part, batch, channels, height,
    width, pixels, dtype, device, mode, kernel, line, metric, unit, better, origin, value, samples.
    Values in base units. Records without a reading (skipped, failed) have no row.
    """
    rows = [
        {
            "run": run.name,
            "environment": record.environment,
            "key": record.key,
            "round": record.round,
            "status": record.status,
            "label": record.trial.label,
            "head": record.trial.head,
            "part": record.trial.part,
            "batch": record.trial.shape.batch,
            "channels": record.trial.shape.channels,
            "height": record.trial.shape.height,
            "width": record.trial.shape.width,
            "pixels": record.trial.shape.pixels,
            "dtype": record.trial.dtype,
            "device": record.trial.device,
            "mode": record.trial.mode,
            "kernel": record.trial.kernel,
            "line": record.trial.line,
            "metric": metric,
            "unit": reading.unit,
            "better": reading.better,
            "origin": reading.origin,
            "value": float(np.median(reading.samples)),
            "samples": reading.samples,
        }
        for record in latest(run.records)
        for metric, reading in record.readings.items()
    ]
    return pd.DataFrame(rows)
