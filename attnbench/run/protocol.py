"""What parent and worker say, a JSON value a line: tasks in, a hello and records out."""

from dataclasses import dataclass
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


_tasks = msgspec.json.Decoder(Task)
_records = msgspec.json.Decoder(Record)
_hellos = msgspec.json.Decoder(Hello)


def encode(value: Any) -> bytes:
    return msgspec.json.encode(value) + b"\n"


def task(line: bytes) -> Task:
    return _tasks.decode(line)


def record(line: bytes) -> Record:
    return _records.decode(line)


def hello(line: bytes) -> Hello:
    return _hellos.decode(line)
