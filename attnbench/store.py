"""A run folder: append a record the moment it comes, read back every whole one.

    run.json            what was asked for: suite, seed, device, limits
    suite.toml          the suite file as it was
    environments.jsonl  one line for each machine and software that a worker told of
    conditions.jsonl    one line for each time that the run was begun or resumed
    records.jsonl       one line a record, flushed as it comes
    worker.log          what the workers wrote to stderr
    trainings/          the state of trainings that are not done
    weights/            what was trained, where the run was asked to keep it

A line that a dying process left half-written is kept as it is and reported; the next record
starts on a line of its own. A folder may be of anybody: `plain_files` and `run_lines` say what is
not read. Older formats are read, and not written into.
"""

import fcntl
import os
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from attnbench import plain_files
from attnbench.conditions import Conditions
from attnbench.errors import StoreError
from attnbench.garbage import no_search
from attnbench.kinds import Sdpa
from attnbench.printable import is_name, one_line
from attnbench.record import SCHEMA, Environment, Record
from attnbench.record_check import READABLE, newer, out_of_range
from attnbench.record_files import Tell, records
from attnbench.run_folders import INFO, new_folder, unwritable
from attnbench.run_lines import values
from attnbench.trial import Settings

RECORDS, ENVIRONMENTS, CONDITIONS, SUITE, LOG = (
    "records.jsonl",
    "environments.jsonl",
    "conditions.jsonl",
    "suite.toml",
    "worker.log",
)
APPENDED = (RECORDS, ENVIRONMENTS, CONDITIONS)
TRAININGS, WEIGHTS = "trainings", "weights"  # folders
MOST_THREADS = 2**16


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
    merged: tuple[str, ...] = ()  # names of the runs whose records these are
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
    """A run folder as it was read. `warnings` name what could not be.

    `disputed` are, of runs merged just now, all records of the counts on which they differ.
    """

    path: Path
    info: RunInfo
    suite_text: str
    records: Sequence[Record]
    environments: dict[str, Environment]
    conditions: tuple[Conditions, ...] = ()
    warnings: tuple[str, ...] = ()
    disputed: tuple[Record, ...] = ()

    @property
    def name(self) -> str:
        return self.path.name


class RunWriter:
    """Appends to a run folder; holds a lock on it, so two runs never write the same one.

    Raises StoreError when the folder cannot be made or written, is being written by another, is
    of an older format, or holds the records of several runs.
    """

    def __init__(self, path: Path, *, is_new: bool = False):
        if not is_new:
            _check_resumable(path)
        self.path = path
        self._open: dict[str, int] = {}
        try:
            for name in (LOG, TRAININGS, WEIGHTS):  # the workers write there
                plain_files.refuse_link(path / name)
            for name in APPENDED:
                self._open[name] = plain_files.appending(path / name)
            fcntl.flock(self._open[RECORDS], fcntl.LOCK_EX | fcntl.LOCK_NB)
            for descriptor in self._open.values():
                plain_files.end_torn_line(descriptor)
            self._known = {e.id for e in values(path / ENVIRONMENTS, Environment, [])}
        except BlockingIOError:
            self.close()
            raise StoreError(
                f"{path}: another attnbench is writing this run; wait for it to end"
            ) from None
        except OSError as error:
            self.close()
            raise unwritable(path, error) from None
        except StoreError:
            self.close()
            raise

    @classmethod
    def create(cls, results: Path, info: RunInfo, suite_text: str) -> "RunWriter":
        """A new folder below `results`, named after time and suite, and never one that exists."""
        return cls.begin(new_folder(results, info.suite), info, suite_text)

    @classmethod
    def begin(cls, path: Path, info: RunInfo, suite_text: str) -> "RunWriter":
        """In a folder that is there and empty."""
        try:
            (path / SUITE).write_text(suite_text, encoding="utf-8")
            (path / INFO).write_bytes(msgspec.json.format(msgspec.json.encode(info)) + b"\n")
        except OSError as error:
            raise unwritable(path, error) from None
        return cls(path, is_new=True)

    def append(self, record: Record) -> None:
        """The whole line or nothing of it. Raises StoreError, also if the folder was removed."""
        self._write(RECORDS, record)

    def add_environment(self, environment: Environment) -> None:
        if environment.id not in self._known:
            self._write(ENVIRONMENTS, environment)
            self._known.add(environment.id)

    def add_conditions(self, conditions: Conditions) -> None:
        self._write(CONDITIONS, conditions)

    def close(self) -> None:
        while self._open:
            os.close(self._open.popitem()[1])

    def _write(self, name: str, value: Any) -> None:
        try:
            plain_files.append(self._open[name], msgspec.json.encode(value) + b"\n")
        except OSError as error:
            raise unwritable(self.path, error) from None


def _check_resumable(path: Path) -> None:
    info = read_info(path)
    if info.merged:
        raise StoreError(
            f"{path}: a merge of {len(info.merged)} runs, which cannot be resumed; "
            "resume the run that is not complete, and merge again"
        )
    if info.schema != SCHEMA:
        raise StoreError(
            f"{path}: written in format {info.schema}, and this attnbench writes {SCHEMA}; it can "
            "be reported, merged and exported but not resumed: begin a new run and merge the two"
        )


def read_run(path: Path, tell: Tell | None = None) -> Run:
    """The run in folder `path`. Raises StoreError when it is none, or is of a newer format.

    `tell` is told of what is read, how many bytes, of how many.
    """
    info = read_info(path)
    warnings: list[str] = []
    with no_search():
        return Run(
            path=path,
            info=info,
            suite_text=_suite_text(path / SUITE, warnings),
            records=records(path / RECORDS, warnings, tell),
            environments={e.id: e for e in values(path / ENVIRONMENTS, Environment, warnings)},
            conditions=tuple(values(path / CONDITIONS, Conditions, warnings)),
            warnings=tuple(warnings),
        )


def read_info(path: Path) -> RunInfo:
    if not path.is_dir():
        raise StoreError(f"{path}: no such run folder; `attnbench run` makes one below results/")
    try:
        info = _info(plain_files.content(path / INFO))
    except FileNotFoundError:
        raise StoreError(f"{path}: not a run folder, it has no {INFO}") from None
    except OSError as error:
        raise StoreError(f"{path / INFO}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = one_line(str(error))
        raise StoreError(f"{path / INFO}: {reason}; the file is damaged") from None
    if info.schema > SCHEMA:
        raise StoreError(f"{path}: written in {newer(info.schema)}")
    if info.schema not in READABLE or not _is_sound(info):
        raise StoreError(f"{path / INFO}: says what no run can have; the file is damaged")
    return info


@dataclass(frozen=True)
class _Schema:
    schema: int = SCHEMA


def _info(content: bytes) -> RunInfo:
    """Of a newer format nothing but its number is looked at."""
    if (schema := msgspec.json.decode(content, type=_Schema).schema) > SCHEMA:
        return RunInfo("", "", "", seed=0, device="", threads=1, schema=schema)
    return msgspec.json.decode(content, type=RunInfo)


def _is_sound(info: RunInfo) -> bool:
    """Whether its names can be printed and name no folder, and its numbers are those of a run."""
    names = (info.suite, info.device, info.created, info.attnbench, *info.merged)
    return (
        all(map(is_name, names))
        and "/" not in info.suite
        and 1 <= info.threads <= MOST_THREADS
        and info.seed >= 0
        and not out_of_range(info.seed)
    )


def _suite_text(path: Path, warnings: list[str]) -> str:
    """Empty where it cannot be had; records speak for themselves."""
    try:
        text = plain_files.content(path).decode()
        with suppress(tomllib.TOMLDecodeError):  # told when the suite is parsed
            tomllib.loads(text)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        warnings.append(f"{path}: is no suite file; titles and claims are left out")
        return ""
    return text
