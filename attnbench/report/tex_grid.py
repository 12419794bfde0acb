"""A table laid out for paper: cells broken into lines, and as many columns and rows as fit.

Widths are those of Computer Modern at 8 points, a little too wide rather than too narrow.
"""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from attnbench.report.tables import Cell, Column, Table
from attnbench.report.tex import escaped, numeric

INCH = 72.27  # points of TeX
COLUMN, PAGE = 3.3 * INCH, 6.9 * INCH  # of the text of a paper in two columns
SEPARATION = 8.0  # points between two columns
LINES = 46  # of a table, with its head: what a page holds under a caption
LETTERS = 30  # of a line of words
TITLE = 13  # of a line of a title, at least
_EM = 8.5  # points
_WIDTHS = {  # of characters, in em; of cmr8
    0.28: "ijl.,:;'|!`", 0.31: "f", 0.34: " -I", 0.39: "rst()[]{}", 0.45: "cez", 0.5: "ago_/",
    0.53: "kvxyqJ", 0.56: "bdhnpuS", 0.62: "LZ", 0.69: "EFP", 0.73: "BCTRw", 0.78: "ADGHKNOQUVXY",
    0.8: "×±−+=<>≈≤≥→%&@#", 0.84: "m✓", 0.92: "M", 1.03: "W", 0.17: "\u202f", 0.25: "\u00a0",
}  # fmt: skip
_WIDTH = {c: width for width, characters in _WIDTHS.items() for c in characters}
_OTHER = 0.5  # digits among them
_BOLD = 1.16  # over a plain one


@dataclass(frozen=True)
class Grid:
    """A table that fits. `head` and each of `rows` are lines of cells, in TeX."""

    alignment: str
    head: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[tuple[str, ...], ...], ...]
    width: float  # points
    has_intervals: bool
    has_best: bool

    @property
    def is_airy(self) -> bool:
        """Whether some row has several lines, so that rows want a space between them."""
        return any(len(row) > 1 for row in self.rows)


@dataclass(frozen=True)
class Laid:
    """A column in lines: of its title, and of each cell."""

    column: Column
    title: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]

    @property
    def width(self) -> float:
        titles = [_width(line) for line in self.title]
        pairs = zip(self.column.cells, self.cells, strict=True)
        found = [max(map(_width, text), default=0.0) * _size(cell) for cell, text in pairs]
        return max([*titles, *found], default=0.0)


def grids(table: Table) -> Iterator[Grid]:
    """One where it fits; else the columns go on in others, and the rows, the first column in each.

    A table without rows has none.
    """
    first, *others = (_laid(column, is_first=not i) for i, column in enumerate(table.columns))
    for columns in _fitting(first, others):
        heights = [
            max(len(c.cells[i]) for c in columns) for i in range(len(table.columns[0].cells))
        ]
        for rows in _pages(heights, LINES - max(len(c.title) for c in columns)):
            yield _grid(columns, rows)


def _laid(column: Column, *, is_first: bool) -> Laid:
    widest = max((len(c.text) for c in column.cells), default=0)
    letters = max(TITLE, min(widest, LETTERS))
    unit = f"({column.unit})" if column.unit else ""
    title = [
        line for words in (column.title, unit, column.origin) for line in _wrap(words, letters)
    ]
    cells = tuple(tuple(_lines(c, LETTERS)) for c in column.cells)
    if column.is_number and not is_first and any(c.is_long for c in column.cells):
        cells = tuple(tuple(_lines(c, LETTERS // 2)) for c in column.cells)
    return Laid(column, tuple(title), cells)


def _lines(cell: Cell, letters: int) -> Iterator[str]:
    for text in (cell.text, *cell.lines):
        yield from _wrap(text, letters)


def _wrap(text: str, letters: int) -> list[str]:
    """Lines of so many letters at most. A space that does not break a line stays in it."""
    return textwrap.wrap(text, letters, break_on_hyphens=False) if text else []


def _fitting(first: Laid, others: Sequence[Laid]) -> list[list[Laid]]:
    """As few groups of columns as the page is wide enough for, each with the first, alike wide."""
    fewest = len(_groups(first, others, PAGE))
    limits = (PAGE * tenths / 10 for tenths in range(1, 10))
    found = (_groups(first, others, limit) for limit in limits)
    even = (groups for groups in found if len(groups) == fewest)
    return next(even, _groups(first, others, PAGE))


def _groups(first: Laid, others: Sequence[Laid], limit: float) -> list[list[Laid]]:
    found = [[first]]
    for column in others:
        if len(found[-1]) > 1 and _total([*found[-1], column]) > limit:
            found.append([first])
        found[-1].append(column)
    return found


def _total(columns: Sequence[Laid]) -> float:
    return sum(c.width for c in columns) + SEPARATION * (len(columns) - 1)


def _pages(heights: Sequence[int], room: int) -> Iterator[range]:
    """Groups of rows that the page is long enough for."""
    begin, used = 0, 0
    for i, height in enumerate(heights):
        if i > begin and used + height > room:
            yield range(begin, i)
            begin, used = i, 0
        used += height
    if begin < len(heights):
        yield range(begin, len(heights))


def _grid(columns: Sequence[Laid], rows: range) -> Grid:
    cells = [c.column.cells[i] for c in columns for i in rows]
    return Grid(
        alignment="".join("r" if c.column.is_number else "l" for c in columns),
        head=_level([[escaped(line) for line in c.title] for c in columns], is_bottom=True),
        rows=tuple(_level([_cell(c, i) for c in columns]) for i in rows),
        width=_total(columns),
        has_intervals=any("±" in c.text for c in cells),
        has_best=any(c.is_best for c in cells),
    )


def _cell(laid: Laid, i: int) -> list[str]:
    cell, lines = laid.column.cells[i], laid.cells[i]
    own = len(_wrap(cell.text, LETTERS))  # the lines of the text itself; what follows is smaller
    found = []
    for k, line in enumerate(lines):
        is_bold = cell.is_best and k < own
        shown = numeric(line, is_bold=is_bold) if laid.column.is_number else escaped(line)
        found.append(shown if k < own else rf"\scriptsize {shown}")
    return found


def _level(cells: Sequence[Sequence[str]], *, is_bottom: bool = False) -> tuple:
    """Lines across the columns, of which the shorter ones are filled at their end, or begin."""
    most = max(map(len, cells))
    if is_bottom:
        cells = [
            ["", *[""] * (most - len(c) - 1), *c][-most:] if len(c) < most else c for c in cells
        ]
    return tuple(zip_longest(*cells, fillvalue=""))


def _size(cell: Cell) -> float:
    return _BOLD if cell.is_best else 1.0


def _width(text: str) -> float:
    return _EM * sum(_WIDTH.get(c, _OTHER if c.isascii() else 1.0) for c in text)
