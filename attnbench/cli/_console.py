"""Where commands print results: as wide as the terminal, or unbroken into a pipe."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

NO_TERMINAL_WIDTH = 400  # a pipe has no width: lines are not broken for it


def stdout() -> Console:
    console = Console(highlight=False, soft_wrap=False)
    return console if console.is_terminal else Console(highlight=False, width=NO_TERMINAL_WIDTH)


def print_text(console: Console, *lines: str) -> None:
    for line in lines:
        console.print(Text(line))


def print_table(
    console: Console,
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    numbers: Sequence[str] = (),
) -> None:
    """A table of text; the columns of these titles stand to the right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in titles:
        table.add_column(Text(title), justify="right" if title in numbers else "left")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)
