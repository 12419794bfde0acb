"""What a program gets of a command: one value of JSON on stdout, and nothing else there."""

import json
from collections.abc import Callable
from math import isfinite
from typing import Any

import click

from attnbench.cli._command import OTHERS, option
from attnbench.printable import printable_json


def json_option(heading: str = OTHERS) -> Callable[..., Any]:
    """--json; the command gets it as `as_json`."""
    told = "Print JSON, for a program to read."
    return option("--json", "as_json", is_flag=True, help=told, heading=heading)


def print_json(value: Any) -> None:
    """Of dataclasses, containers and plain values. A number that is not known is null."""
    import msgspec

    told = json.dumps(
        _encodable(msgspec.to_builtins(value)), indent=2, ensure_ascii=False, allow_nan=False
    )
    click.echo(printable_json(told))


def _encodable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _encodable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(each) for each in value]
    return None if isinstance(value, float) and not isfinite(value) else value
