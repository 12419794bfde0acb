"""A run folder: append a record the moment it comes, read back every whole one.

    run.json            what was asked for: suite, seed, device, limits
    suite.toml          the suite file as it was
    environments.jsonl  one line for each machine and software that a worker told of
    conditions.jsonl    one line for each time that the run was begun or resumed
    records.jsonl       one line a record, flushed as it comes
    worker.log          what the workers wrote to stderr

A line that a dying process left half-written is kept as it is and reported; the next record
starts on a line of its own.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import msgspec

from attnbench.conditions import Conditions
from attnbench.errors import StoreError
from attnbench.record import SCHEMA, Environment, Record
from attnbench.trial import Sdpa, Settings

RECORDS, ENVIRONMENTS, CONDITIONS, INFO, SUITE, LOG = (
    "records.jsonl",
    "environments.jsonl",
    "conditions.jsonl",
    "run.json",
    "suite.toml",
    "worker.log",
)


@dataclass(frozen=True)
class RunInfo:
    """What was asked for, so that `--resume` asks for exactly the same."""

    suite: str
    created: str
    attnbench: str
    seed: int
    device: str
    threads: int
    sdpa: Sdpa = "auto"
    cudnn_benchmark: bool = False
    asked: dict[str, tuple[str, ...]] = field(default_factory=dict)  # head, only, set as typed
    executor: str = "local"
    jobs: int = 0  # 0: not said
    address: str = ""  # of a Ray cluster
    accelerators: tuple[str, ...] = ()  # kinds of card, as Ray names them
    schema: int = SCHEMA

    @property
    def settings(self) -> Settings:
        return Settings(self.threads, self.sdpa, self.cudnn_benchmark)


@dataclass(frozen=True)
class Run:
    """A run folder as it was read. `warnings` name what could not be."""

    path: Path
    info: RunInfo
    suite_text: str
    records: tuple[Record, ...]
    environments: dict[str, Environment]
    conditions: tuple[Conditions, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.path.name


class RunWriter:
    """Appends to a run folder; holds a lock on it, so two runs never write the same one.

    Raises StoreError when the folder cannot be made or written, or is being written by another.
    """

    def __init__(self, path: Path):
        self.path = path
        self._open = ExitStack()
        try:
            self._records = self._open.enter_context((path / RECORDS).open("ab"))
            fcntl.flock(self._records, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._environments = self._open.enter_context((path / ENVIRONMENTS).open("ab"))
            self._conditions = self._open.enter_context((path / CONDITIONS).open("ab"))
            for stream in (self._records, self._environments, self._conditions):
                _end_torn_line(stream)
        except BlockingIOError:
            self._open.close()
            raise StoreError(
                f"{path}: another attnbench is writing this run; wait for it to end"
            ) from None
        except OSError as error:
            self._open.close()
            raise unwritable(path, error) from None
        self._known = {e.id for e in _lines(path / ENVIRONMENTS, Environment, [])}

    @classmethod
    def create(cls, results: Path, info: RunInfo, suite_text: str) -> "RunWriter":
        """A new folder below `results`, named after time and suite, and never one that exists."""
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        try:
            results.mkdir(parents=True, exist_ok=True)
            path = _fresh_folder(results, f"{stamp}-{info.suite}")
            (path / SUITE).write_text(suite_text, encoding="utf-8")
            (path / INFO).write_bytes(msgspec.json.format(msgspec.json.encode(info)) + b"\n")
        except OSError as error:
            raise unwritable(results, error) from None
        return cls(path)

    def append(self, record: Record) -> None:
        self._write(self._records, record)

    def add_environment(self, environment: Environment) -> None:
        if environment.id not in self._known:
            self._write(self._environments, environment)
            self._known.add(environment.id)

    def add_conditions(self, conditions: Conditions) -> None:
        self._write(self._conditions, conditions)

    def close(self) -> None:
        self._open.close()

    def _write(self, stream: IO[bytes], value: Any) -> None:
        try:
            stream.write(msgspec.json.encode(value) + b"\n")
            stream.flush()
        except OSError as error:
            raise unwritable(self.path, error) from None


def unwritable(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"{path}: cannot write results ({error.strerror}); choose another folder with --results"
    )


def read_run(path: Path) -> Run:
    """The run in folder `path`. Raises StoreError when it is none, or is of a newer format."""
    info = read_info(path)
    warnings: list[str] = []
    return Run(
        path=path,
        info=info,
        suite_text=_text(path / SUITE),
        records=tuple(_lines(path / RECORDS, Record, warnings)),
        environments={e.id: e for e in _lines(path / ENVIRONMENTS, Environment, warnings)},
        conditions=tuple(_lines(path / CONDITIONS, Conditions, warnings)),
        warnings=tuple(warnings),
    )


def read_info(path: Path) -> RunInfo:
    if not path.is_dir():
        raise StoreError(f"{path}: no such run folder; `attnbench run` makes one below results/")
    try:
        info = msgspec.json.decode((path / INFO).read_bytes(), type=RunInfo)
    except FileNotFoundError:
        raise StoreError(f"{path}: not a run folder, it has no {INFO}") from None
    except OSError as error:
        raise StoreError(f"{path / INFO}: {error.strerror}") from None
    except msgspec.DecodeError as error:
        raise StoreError(f"{path / INFO}: {error}; the file is damaged") from None
    if info.schema > SCHEMA:
        raise StoreError(
            f"{path}: written in format {info.schema}, newer than {SCHEMA}; upgrade attnbench"
        )
    return info


def runs_in(results: Path) -> list[Path]:
    """Run folders below `results`, oldest first by name, which begins with the time."""
    if not results.is_dir():
        return []
    return sorted(p.parent for p in results.glob(f"*/{INFO}"))


def newest_run(results: Path) -> Path:
    """Raises StoreError, with what to type, when there is none."""
    runs = runs_in(results)
    if not runs:
        raise StoreError(
            f"{results}: no run yet; make one with: attnbench run --suite resolution-sweep"
        )
    return runs[-1]


def _lines(path: Path, kind: type, warnings: list[str]) -> Iterator[Any]:
    decoder = msgspec.json.Decoder(kind)
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from None
    with stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            try:
                value = decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                cut = "cut in the middle" if not line.endswith(b"\n") else "not a whole record"
                warnings.append(
                    f"{path}: line {number} is {cut}; it is left out, the others are kept"
                )
                continue
            yield value


def _end_torn_line(stream: IO[bytes]) -> None:
    if stream.tell() == 0:
        return
    with Path(stream.name).open("rb") as same:
        same.seek(-1, os.SEEK_END)
        torn = same.read(1) != b"\n"
    if torn:
        stream.write(b"\n")
        stream.flush()


def _fresh_folder(results: Path, name: str) -> Path:
    for suffix in ["", *(f"-{n}" for n in range(2, 1000))]:
        try:
            path = results / (name + suffix)
            path.mkdir()
        except FileExistsError:
            continue
        return path
    raise StoreError(f"{results}: a thousand runs named {name}; clear some")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
