"""Runs that a command is given by path or by name, read with progress."""

from collections.abc import Iterable
from pathlib import Path

from attnbench.cli._progress import progress
from attnbench.run_folders import find_run
from attnbench.store import Run, read_run


def read_runs(names: Iterable[str], results: Path) -> list[Run]:
    """Raises StoreError for one that is none."""
    return read_folders([find_run(name, results) for name in names])


def read_folders(folders: Iterable[Path]) -> list[Run]:
    with progress() as tell:
        return [read_run(folder, tell) for folder in folders]
