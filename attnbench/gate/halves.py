"""Base or head at work: a version of the code with the run folder that its records go to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import attnbench
from attnbench.gate.result import Side
from attnbench.gate.versions import Version
from attnbench.record import Record
from attnbench.run.asked import Asked
from attnbench.run.executors import WorkerSlot
from attnbench.store import LOG, RunInfo, RunWriter
from attnbench.trial import Settings


@dataclass
class Half:
    """`slot` holds its first worker, which told its environment and can do tasks."""

    version: Version
    slot: WorkerSlot
    writer: RunWriter
    environment: str = ""

    @property
    def log(self) -> Path:
        return self.writer.path / LOG

    def keep(self, record: Record) -> None:
        self.writer.append(record)

    def side(self) -> Side:
        return Side(self.version.name, self.version.commit, self.environment)


@contextmanager
def opened(version: Version, folder: Path, info: RunInfo, suite_text: str) -> Iterator[Half]:
    """A half in a new folder below `folder`. Raises what `Version.first` does."""
    path = folder / version.role
    path.mkdir()
    writer = RunWriter.begin(path, info, suite_text)
    half = Half(version, WorkerSlot(partial(version.first, path / LOG)), writer)
    try:
        here = half.slot.hello().environment
        half.environment = here.id
        writer.add_environment(here)
        yield half
    finally:
        half.slot.stop()
        writer.close()


def run_info(suite: str, seed: int, asked: Asked, settings: Settings) -> RunInfo:
    """What is stored of the request; a device is filled in when it is known."""
    return RunInfo(
        suite=suite,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        attnbench=attnbench.__version__,
        seed=seed,
        device=asked.device,
        threads=settings.threads,
        sdpa=settings.sdpa,
        cudnn_benchmark=settings.cudnn_benchmark,
        asked={"head": asked.heads, "only": asked.only, "set": asked.settings},
    )
