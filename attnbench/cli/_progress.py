"""How far something is that takes a while: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

import click
from rich.console import Console

from attnbench.cli._console import PrintableConsole
from attnbench.cli._interrupts import heed
from attnbench.cli._notes import is_quiet
from attnbench.units import duration

Tell = Callable[[str, int, int], None]  # what is done, how much of it, of how much
PATIENCE = 2.0  # s that anything may take before its progress is told


def is_live(console: Console) -> bool:
    """Whether what is on it can be drawn anew: colours that are forced make no terminal of a pipe,
    and a dumb one has no cursor.
    """
    return console.file.isatty() and not console.is_dumb_terminal


@contextmanager
def progress(stream: TextIO | None = None) -> Iterator[Tell]:
    """A function that is told how far things are, and shows it with the time that is left.

    Nothing is left behind on a terminal; with --quiet nothing is shown. It raises KeyboardInterrupt
    if there was a Ctrl-C that got lost.
    """
    with _shown(PrintableConsole(file=stream or sys.stderr)) as show:

        def tell(what: str, done: int, total: int) -> None:
            heed()
            show(what, done, total)

        yield tell


@contextmanager
def _shown(console: Console) -> Iterator[Tell]:
    if is_quiet():
        yield lambda *_: None
    elif is_live(console):
        with _bars(console) as show:
            yield show
    else:
        yield Lines(console.file)


class Lines:
    """A line for each tenth of what takes longer than PATIENCE; `clock` may be a test's own."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic):
        self._stream, self._clock = stream, clock
        self._begun: dict[str, float] = {}
        self._told: dict[str, int] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        now = self._clock()
        took = now - self._begun.setdefault(what, now)
        tenth = 10 * done // max(total, 1)
        if took < PATIENCE or tenth == self._told.get(what, 0):
            return
        self._told[what] = tenth
        left = f", about {duration(took / done * (total - done))} left" if done < total else ""
        click.echo(f"{what} {100 * done // total} %{left}", file=self._stream)


@contextmanager
def _bars(console: Console) -> Iterator[Tell]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %")
    shown = *columns, TimeRemainingColumn()
    # Of two streams, results are not for this one.
    with Progress(*shown, console=console, transient=True, redirect_stdout=False) as bars:
        known = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in known:
                known[what] = bars.add_task(what, total=total)
            bars.update(known[what], completed=done, total=total, visible=done < total)

        yield tell
