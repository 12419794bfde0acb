"""Options that several commands have, with what a shell completes them to."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from attnbench.cli import _names
from attnbench.cli._command import OTHERS, option
from attnbench.errors import AttnbenchError

HEAD = "NAME[:OPTION=VALUE,...]"
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def results(told: str = "Where run folders are.", heading: str = OTHERS) -> Decorator:
    return option(
        "--results", type=click.Path(path_type=Path), default=Path("results"), show_default=True,
        metavar="FOLDER", help=told, heading=heading,
    )  # fmt: skip


def settings(told: str, metavar: str, complete: Any, heading: str = OTHERS) -> Decorator:
    """--set; what is set twice is refused, as of two values one would be lost."""
    return option(
        "--set", "settings", multiple=True, metavar=metavar, help=told, heading=heading,
        callback=lambda _context, _option, given: once(given), shell_complete=complete,
    )  # fmt: skip


def once(given: tuple[str, ...]) -> tuple[str, ...]:
    """The settings as given. Raises AttnbenchError for one that is set twice."""
    names = [setting.partition("=")[0].strip() for setting in given]
    for setting, name in zip(given, names, strict=True):
        if names.count(name) > 1:
            raise AttnbenchError(
                f"--set {setting}: {name} is set twice; write one --set {name}=VALUE, with commas "
                "between several values"
            )
    return given


def runs(*, required: bool = False, metavar: str = "[RUN]...") -> Decorator:
    return click.argument(
        "runs", nargs=-1, required=required, metavar=metavar, shell_complete=_names.runs
    )


def suite(told: str, heading: str = OTHERS) -> Decorator:
    return option(
        "--suite", "suite_name", metavar="NAME|FILE.toml", help=told, heading=heading,
        shell_complete=_names.suites,
    )  # fmt: skip


def heads(told: str, heading: str = OTHERS, **how: Any) -> Decorator:
    return option(
        "--head", "heads", multiple=True, metavar=HEAD, help=told, heading=heading,
        shell_complete=_names.heads, **how,
    )  # fmt: skip


def only(heading: str) -> Decorator:
    return option(
        "--only", multiple=True, metavar="NAME,...", heading=heading,
        help="Of the suite's heads, only these.", shell_complete=_names.some_heads,
    )  # fmt: skip


def device(told: str, heading: str = OTHERS) -> Decorator:
    return option(
        "--device", default="auto", show_default=True, metavar="NAME", help=told, heading=heading,
        shell_complete=_names.devices,
    )  # fmt: skip


def threads(told: str = "CPU threads that a head may use.", heading: str = OTHERS) -> Decorator:
    return option(
        "--threads", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
        help=told, heading=heading,
    )  # fmt: skip


def joined(settings: Iterable[str], **places: Path | None) -> tuple[str, ...]:
    """`settings` and, of the training, the places that were given; they hold from any folder."""
    told = (f"{name}={path.absolute()}" for name, path in places.items() if path)
    return once((*settings, *told))
