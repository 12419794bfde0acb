"""Where commands print results: as wide as the terminal, or unbroken into a pipe.

What is printed may be of a folder that somebody else made: only our own styles steer a terminal.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from attnbench.printable import one_line, printable

NO_TERMINAL_WIDTH = 400  # a pipe has no width: lines are not broken for it


class PrintableConsole(Console):
    """Writes out what would steer the terminal, wherever it stands in what is printed.

    In a notebook too it writes to its file, where rich would make pages of it.
    """

    def __init__(self, **how: Any):
        super().__init__(force_jupyter=False, **how)

    def render(self, renderable: Any, options: Any = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=printable(segment.text))


def stdout(*, is_taken: bool = False) -> Console:
    """Or stderr, where a program reads stdout. Colours may be forced: that makes no terminal."""
    console = PrintableConsole(highlight=False, soft_wrap=False, stderr=is_taken)
    if console.file.isatty():
        return console
    return PrintableConsole(highlight=False, width=NO_TERMINAL_WIDTH, stderr=is_taken)


def say(line: str) -> None:
    """A line of plain text to stdout."""
    click.echo(one_line(line))


def warn(lines: Iterable[str]) -> None:
    """To stderr, each on a line of its own."""
    for line in lines:
        click.echo(f"warning: {one_line(line)}", err=True)


def print_text(console: Console, *lines: str) -> None:
    for line in lines:
        console.print(Text(printable(line)))


def print_table(
    console: Console,
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    numbers: Sequence[str] = (),
) -> None:
    """A table of text; the columns of these titles stand to the right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in titles:
        # In a narrow terminal numbers stay whole, and of text nothing is lost.
        how = {"justify": "right", "no_wrap": True} if title in numbers else {"overflow": "fold"}
        table.add_column(Text(printable(title)), **how)
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console.print(table)
