"""What parent and worker say, a JSON value a line: tasks in, a hello and records out.

With a record comes what its seconds were spent on, which is not kept: `spent` beside its fields.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from attnbench.record import Environment, Record
from attnbench.trial import Task

# What a decoder raises for a line that is none of ours, its bytes or its depth included.
GARBLED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True)
class Hello:
    """A worker's first line: what machine it is on, and the devices that it could use."""

    environment: Environment
    devices: tuple[str, ...]


@dataclass(frozen=True)
class _Spent:
    spent: dict[str, float] = field(default_factory=dict)  # a worker of an older version tells none


_tasks = msgspec.json.Decoder(Task)
_records = msgspec.json.Decoder(Record)
_spents = msgspec.json.Decoder(_Spent)
_hellos = msgspec.json.Decoder(Hello)


def encode(value: Any) -> bytes:
    return msgspec.json.encode(value) + b"\n"


def answer(record: Record, spent: Mapping[str, float]) -> bytes:
    """A record, and seconds by what they were spent on."""
    return encode(record)[:-2] + b"," + msgspec.json.encode({"spent": spent})[1:] + b"\n"


def task(line: bytes) -> Task:
    return _tasks.decode(line)


def record(line: bytes) -> Record:
    return _records.decode(line)


def spent(line: bytes) -> dict[str, float]:
    return _spents.decode(line).spent


def hello(line: bytes) -> Hello:
    return _hellos.decode(line)
