"""A contact sheet of attention maps: the photograph, and below it the maps of each head over it."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure

from attnbench.map_sheet import Photograph, Pixel, Row, Sheet, Tile
from attnbench.plain_files import replacing
from attnbench.printable import one_line
from attnbench.report.figure_files import NO_DATE
from attnbench.report.figures import LETTER, POINTS, STYLE
from attnbench.report.map_colours import BEHIND, COLD, FULL, HOT, drawn, heat, over
from attnbench.report.palette import INK, MUTED, PAPER, color
from attnbench.units import digits

WIDTH, MARGIN, APART = 720.0, 18.0, 9.0  # points, of the sheet, around it and between tiles
ACROSS = 4  # columns of a sheet; the first has the words about a head
FEW, MANY = 3, 6  # tiles in the others: maps of pixels, and of the many bases of a head
TALLEST = 1.5  # times the width of its column: a narrow image is drawn narrower
TEXT, SMALL, SMALLEST = 11.0, 8.0, 6.5
BOLD = 0.7  # width of an average bold letter, in its size
LINE = 1.35  # of a line of text, in its size
WHOLE = WIDTH - 2 * MARGIN  # of all columns
SHARP = 160  # dots an inch of a PNG


@dataclass
class _Page:
    """A figure that is written on from the top, in points."""

    figure: Figure
    height: float
    y: float = MARGIN  # of what comes next, from the top

    def axes(self, x: float, width: float, height: float) -> Axes:
        place = (x / WIDTH, 1 - (self.y + height) / self.height)
        made = self.figure.add_axes((*place, width / WIDTH, height / self.height))
        made.set_axis_off()
        return made

    def write(self, words: str, x: float, size: float, *, ink: str = INK, down: float = 0.0,
              weight: str = "normal") -> None:  # fmt: skip
        self.figure.text(
            x / WIDTH, 1 - (self.y + down) / self.height, one_line(words), va="top", color=ink,
            fontsize=size, fontweight=weight, parse_math=False,
        )  # fmt: skip


def figure(sheet: Sheet) -> Figure:
    """As high as its rows need."""
    blocks = [_Block(row, sheet.photograph) for row in sheet.rows]
    top = _Top(sheet)
    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}):
        height = 2 * MARGIN + top.height + sum(b.height for b in blocks)
        made = Figure(figsize=(WIDTH / POINTS, height / POINTS), dpi=POINTS, facecolor=PAPER)
        page = _Page(made, height)
        top.draw(page)
        for block in blocks:
            block.draw(page)
    return made


def save(sheet: Sheet, path: Path) -> None:
    """The whole file or none; the same sheet gives the same bytes. Raises StoreError."""
    kind = path.suffix.removeprefix(".")
    with replacing(path) as draft, mpl.rc_context(STYLE):
        figure(sheet).savefig(draft, format=kind, dpi=SHARP, metadata=NO_DATE[kind])


class _Top:
    """The photograph with the pixels that were asked for; beside it what is shown."""

    def __init__(self, sheet: Sheet):
        self.sheet = sheet
        self.width, self.image = _fitted(1.5 * _column(ACROSS, WHOLE), sheet.photograph)
        self.beside = 2 * MARGIN + self.width
        room = int((WIDTH - MARGIN - self.beside) / (LETTER * SMALL))
        named = f"Attention over {sheet.photograph.name}"
        self.title = textwrap.wrap(one_line(named), int(room * LETTER * SMALL / (BOLD * TEXT)))
        facts = [*sheet.facts, _how(sheet)]
        self.lines = [line for fact in facts for line in textwrap.wrap(one_line(fact), room)]
        self.bars = 2 if _is_signed(sheet) else 1
        text = (
            TEXT * (1 + LINE * len(self.title))
            + LINE * SMALL * len(self.lines)
            + self.bars * 3.6 * SMALL
        )
        self.height = max(self.image, text) + MARGIN

    def draw(self, page: _Page) -> None:
        photo = self.sheet.photograph
        axes = page.axes(MARGIN, self.width, self.image)
        _show(axes, drawn(photo, self.width), photo)
        for pixel in self.sheet.asked:
            _cross(axes, pixel, 9)
        down = 0.0
        for line in self.title:
            page.write(line, self.beside, TEXT, weight="bold", down=down)
            down += LINE * TEXT
        down += 0.6 * TEXT
        for line in self.lines:
            page.write(line, self.beside, SMALL, ink=MUTED, down=down)
            down += LINE * SMALL
        begin = page.y
        page.y += down + 0.8 * SMALL
        self._draw_bar(page, HOT, "largest of a map")
        if self.bars == 2:
            page.y += 3.6 * SMALL
            self._draw_bar(page, COLD, "largest below zero")
        page.y = begin + self.height

    def _draw_bar(self, page: _Page, colours: Colormap, high: str) -> None:
        width, height = 190.0, SMALL
        axes = page.axes(self.beside, width, height)
        shares = np.linspace(0, 1, 256)[None]
        grey = np.full((1, 256), sum(BEHIND) / 2)
        axes.imshow(over(grey, shares, colours), aspect="auto", extent=(0, 1, 0, 1))
        for share, words, side in ((0, "0", "left"), (0.5, "1/4", "center"), (1, high, "right")):
            axes.annotate(
                words, (share, 0), (0, -2), textcoords="offset points", va="top", ha=side,
                color=MUTED, fontsize=SMALLEST + 0.5,
            )  # fmt: skip


class _Block:
    """A head: on the left its name and what its weights are, beside that its tiles in rows."""

    def __init__(self, row: Row, photo: Photograph):
        self.row, self.photo = row, photo
        column = _column(ACROSS, WHOLE)
        self.left = MARGIN + column + APART
        room = int(column / (LETTER * SMALL))
        self.name = textwrap.wrap(one_line(row.label), int(column / (BOLD * TEXT)))
        self.lines = [
            (line, ink)
            for words, ink in _words(row)
            for line in textwrap.wrap(one_line(words), room)
        ]
        self.groups = list(_groups(row.tiles))
        tiles = sum(ceil(len(t) / across) * self._tile_height(across) for t, across in self.groups)
        words = LINE * (TEXT * len(self.name) + SMALL * len(self.lines)) + APART
        self.height = max(words, tiles) + MARGIN - APART

    def draw(self, page: _Page) -> None:
        down = 0.0
        for line in self.name:
            page.write(line, MARGIN, TEXT, weight="bold", down=down)
            down += LINE * TEXT
        for line, ink in self.lines:
            page.write(line, MARGIN, SMALL, ink=ink, down=down)
            down += LINE * SMALL
        begin = page.y
        for tiles, across in self.groups:
            self._draw_group(page, tiles, across)
        page.y = begin + self.height

    def _tile_height(self, across: int) -> float:
        return self._tile_size(across)[1] + _above(across) + APART

    def _tile_size(self, across: int) -> tuple[float, float]:
        return _fitted(_column(across, self._room), self.photo)

    @property
    def _room(self) -> float:
        return WIDTH - MARGIN - self.left

    def _draw_group(self, page: _Page, tiles: Sequence[Tile], across: int) -> None:
        column = _column(across, self._room)
        width, height = self._tile_size(across)
        name, note = _sizes(across)
        for i, tile in enumerate(tiles):
            x = self.left + (i % across) * (column + APART)
            page.write(tile.title, x, name)
            page.write(_told(tile), x, note, ink=MUTED, down=LINE * name)
            page.y += _above(across)
            axes = page.axes(x, width, height)
            _show(axes, heat(tile, self.photo, width), self.photo)
            if tile.at is not None:
                _cross(axes, tile.at, 8)
            page.y -= _above(across)
            if i % across == across - 1 or i == len(tiles) - 1:
                page.y += self._tile_height(across)


def _words(row: Row) -> Iterator[tuple[str, str]]:
    """Sentences about a head, and their colours."""
    height, width = row.features
    yield f"Weights: {row.weights}.", MUTED
    yield f"Reads {row.reads} at {width} x {height} places.", MUTED
    for words in row.left_out:
        yield f"Shown: {words}.", MUTED
    if row.warning:
        yield f"Warning: {row.warning}.", color(1)


def _groups(tiles: Sequence[Tile]) -> Iterator[tuple[list[Tile], int]]:
    """Small ones where a head has many of a map; large ones for a map of a pixel, or of all.

    What does not fit a row begins a new one with each map.
    """
    for numbered, across in ((False, FEW), (True, MANY)):
        chosen = [tile for tile in tiles if bool(tile.number) == numbered]
        by_name: dict[str, list[Tile]] = {}
        for tile in chosen:
            by_name.setdefault(tile.name if len(chosen) > across else "", []).append(tile)
        yield from ((group, across) for group in by_name.values())


def _column(across: int, room: float) -> float:
    return (room - (across - 1) * APART) / across


def _fitted(column: float, photo: Photograph) -> tuple[float, float]:
    """Width and height of a picture in a column, in points."""
    high = photo.height / photo.width
    width = min(column, TALLEST * column / high)
    return width, width * high


def _sizes(across: int) -> tuple[float, float]:
    """Of a tile's name and of what is told below it."""
    return (SMALL + 0.5, SMALL - 0.5) if across == FEW else (SMALL - 0.5, SMALLEST)


def _above(across: int) -> float:
    return LINE * sum(_sizes(across)) + 1


def _show(axes: Axes, pixels: np.ndarray, photo: Photograph) -> None:
    extent = (0, photo.width, photo.height, 0)
    axes.imshow(np.clip(pixels, 0, 1), aspect="auto", extent=extent, interpolation="nearest")
    axes.set_xlim(0, photo.width)
    axes.set_ylim(photo.height, 0)


def _cross(axes: Axes, pixel: Pixel, size: float) -> None:
    """Dark in a light edge, so that it is seen on any ground."""
    at = ([pixel[0] + 0.5], [pixel[1] + 0.5])
    for ink, wide in ((PAPER, 3.6), (INK, 1.4)):
        axes.plot(*at, marker="+", ms=size + wide, mew=wide, color=ink, clip_on=False, ls="")


def _told(tile: Tile) -> str:
    """The largest weight; beside it how often the even one goes into it, and what a base has."""
    if not tile.even:
        return f"{tile.weights.min():.2g} to {tile.weights.max():.2g}"
    if tile.is_base:
        return f"max {tile.strongest:.2g}, {100 * tile.share:.2g} % of all"
    times = f"{digits(tile.strongest / tile.even, 2)} x even"
    return f"max {times}" if tile.number else f"max {tile.strongest:.2g} = {times}"


def _how(sheet: Sheet) -> str:
    told = (
        "A map is drawn over the greyed image, a cell for each place that the head reads. "
        "Colour is the root of a place's weight over the largest weight of the same map, which is "
        f"told above it, or over {FULL} times the weight that all places would have alike (even), "
        "where that is more: a map without a preference is pale."
    )
    return f"{told} Blue is below zero." if _is_signed(sheet) else told


def _is_signed(sheet: Sheet) -> bool:
    return any(tile.is_signed for row in sheet.rows for tile in row.tiles)
