"""attnbench.load: readings of runs as a pandas DataFrame."""

from collections.abc import Iterable
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING, Union

from attnbench.errors import StoreError

if TYPE_CHECKING:
    import pandas as pd

    from attnbench.api.run_handle import Run

Source = Union[str, Path, "Run"]


def load(runs: "Source | Iterable[Source]", *, results: str | Path = "results") -> "pd.DataFrame":
    """One row a reading and round, as `attnbench export` writes them.

    runs: a Run, a path, a name below `results`, a pattern ("results/*-sweep"), or several of them.
    results: where runs are looked for that are given by name.

    Columns, values in base units (seconds, bytes, MACs, FLOPs, joules):

    run, suite: names of the run and of its suite
    environment: id of the machine with its software; cpu, gpu, torch: what that was
    key: hash of the trial, which is the same in every run
    round: number of the fresh process; status: of the record; started: when, in UTC
    label: the head with its options and kernel, as tables call it; head: its name
    part: "attention", "head", "network" or "classifier"; backbone: of the latter two
    batch, channels, height, width: shape (N, C, H, W) of the input; pixels: height times width
    dtype, device, mode, kernel: how it ran
    line: key of the trials that differ in height and width alone
    metric: the reading, as "latency" or "macs.counted"; unit: its base unit
    better: whether "lower" or "higher" is; origin: "measured", "counted", "predicted", "modelled"
    value: median of the samples of this round; count: how many; least, most: their extremes
    samples: all of them, as a tuple
    option.NAME: for each option that a head of the rows was given, as text

    Records without a reading (skipped, failed) have no row. `attrs["runs"]` are the names of the
    runs, `attrs["warnings"]` what could not be read, and how many records have no row.

    Raises StoreError for what is no run, or for a pattern that none matches.
    """
    from attnbench.api.run_handle import Run
    from attnbench.frame import frame
    from attnbench.lines import latest

    several = [runs] if isinstance(runs, str | Path | Run) else list(runs)
    read = [Run.at(each, results).stored for source in several for each in _found(source)]
    rows = frame(*read)
    warnings = [f"{run.name}: {warning}" for run in read for warning in run.warnings]
    without = [record for run in read for record in latest(run.records) if not record.readings]
    if without:
        kinds = ", ".join(sorted({record.status for record in without}))
        warnings.append(f"{len(without)} records have no reading and so no row ({kinds})")
    rows.attrs |= {"runs": [run.name for run in read], "warnings": warnings}
    return rows


def _found(source: "Source") -> "list[Source]":
    """The run itself, or all that match a pattern, in the order of their names."""
    from attnbench.run_folders import INFO

    if not isinstance(source, str) or not has_magic(source) or Path(source).exists():
        return [source]
    matches: list[Source] = [p for p in sorted(glob(source)) if (Path(p) / INFO).exists()]  # noqa: PTH207 absolute ones too
    if not matches:
        raise StoreError(f"{source}: no run folder has such a name; as in 'results/*-sweep'")
    return matches
