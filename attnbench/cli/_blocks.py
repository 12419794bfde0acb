"""Blocks of a report on a terminal: the same text and tables as on the page."""

from collections.abc import Iterable
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text as Styled

from attnbench.report.document import Inline, Text
from attnbench.report.tables import Cell, Table

STYLES = {"good": "green", "bad": "red", "failed": "red", "unsure": "yellow", "missing": "dim"}


def print_blocks(console: Console, blocks: Iterable[Any]) -> None:
    """Prints texts and tables; what folds, and figures, are left to the page."""
    for block in blocks:
        if isinstance(block, Table):
            console.print(_grid(block))
        elif isinstance(block, Text):
            console.print(Styled("".join(map(_words, block.parts))))


def _words(part: str | Inline) -> str:
    if isinstance(part, str):
        return part
    return f"^{part.text}" if part.tag == "sup" else part.text


def _grid(table: Table) -> Grid:
    grid = Grid(
        title=Styled(table.caption), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD
    )
    for column in table.columns:
        units = "\n".join(filter(None, (column.unit, column.origin)))
        right = "right" if column.is_number else "left"
        grid.add_column(Styled(f"{column.title}\n{units}".strip()), justify=right)
    for row in table.rows:
        grid.add_row(*map(_cell, row))
    return grid


def _cell(cell: Cell) -> Styled:
    style = "bold" if cell.is_best else STYLES.get(cell.tone, "")
    return Styled("\n".join((cell.text, *cell.lines)), style=style)
