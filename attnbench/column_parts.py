"""Columns of a part of a file as another process sends them, to be put behind those before."""

from array import array
from collections.abc import Iterable

import msgspec
import numpy as np

from attnbench.columns import NOT_HELD, Columns, Numbered
from attnbench.record import Reading
from attnbench.trial import Trial

_THINGS = {  # by the column that has their numbers
    "trial": "keys", "place": "places", "message": "messages", "reason": "reasons", "kind": "kinds",
}  # fmt: skip
_VALUES = ("round", "status", "schema", "seconds", "seed", "samples")
_ENDS = ("first", "begin")
_COLUMNS = (*_THINGS, *_VALUES, *_ENDS, "held_at")


class Part(msgspec.Struct):
    """All that columns hold; `numbers` are the arrays by name, as they lie in memory."""

    keys: list[str]
    trials: list[Trial]
    places: list[tuple[str, str, str]]
    messages: list[str]
    reasons: list[tuple[tuple[str, str], ...]]
    kinds: list[tuple[str, str, str, str, tuple[str, ...]]]
    held: list[Reading]
    started: list[str]
    large_seeds: dict[int, int]
    numbers: dict[str, bytes]


def part(columns: Columns) -> Part:
    return Part(
        **{name: getattr(columns, name).things for name in _THINGS.values()},
        trials=columns.trials,
        held=columns.held,
        started=columns.started,
        large_seeds=columns.large_seeds,
        numbers={name: getattr(columns, name).tobytes() for name in _COLUMNS},
    )


def add(columns: Columns, behind: Part) -> None:
    """Adds its rows to the columns. What has a number there gets the one that it has here."""
    rows, held = len(columns.started), len(columns.held)
    for key, trial in zip(behind.keys, behind.trials, strict=True):
        columns.number(key, trial)
    for name, things in _THINGS.items():
        here = _numbers(getattr(columns, things), getattr(behind, things))
        _append(columns, name, here[_array(columns, name, behind)])
    held_at = _array(columns, "held_at", behind)
    _append(columns, "held_at", np.where(held_at == NOT_HELD, NOT_HELD, held_at + held))
    for name in _ENDS:
        _append(columns, name, getattr(columns, name)[-1] + _array(columns, name, behind)[1:])
    for name in _VALUES:
        _append(columns, name, _array(columns, name, behind))
    columns.held += behind.held
    columns.started += behind.started
    columns.large_seeds |= {rows + row: seed for row, seed in behind.large_seeds.items()}


def _numbers(here: Numbered, things: Iterable) -> np.ndarray:
    """The number here of each thing there, by its number there."""
    return np.array([here[thing] for thing in things], dtype=np.int64)


def _array(columns: Columns, name: str, behind: Part) -> np.ndarray:
    return np.frombuffer(behind.numbers[name], getattr(columns, name).typecode)


def _append(columns: Columns, name: str, numbers: np.ndarray) -> None:
    column: array = getattr(columns, name)
    column.frombytes(numbers.astype(column.typecode).tobytes())
