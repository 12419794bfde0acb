"""The key below the axes of a figure: a sample of each line beside its name, in columns."""

from collections.abc import Sequence
from math import ceil
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from attnbench.report.format import Format
from attnbench.report.palette import INK
from attnbench.report.plot import Line

SAMPLE, SPACE = 26, 5  # points: of the line, and from it to its name
LONGEST = 32  # characters of a name


def key_height(figure: Figure, lines: Sequence[Line], on: Format) -> float:
    """Points that the key takes below the axes."""
    return ceil(len(lines) / _across(figure, lines, on)) * on.gap


def draw_key(figure: Figure, lines: Sequence[tuple[Line, dict[str, Any]]], on: Format) -> None:
    """From the lower edge of the figure up, one column after the other: lines with their styles."""
    across = _across(figure, [line for line, _ in lines], on)
    down = ceil(len(lines) / across)
    width, height = figure.get_size_inches() * figure.dpi
    for i, (line, style) in enumerate(lines):
        column, row = divmod(i, down)
        x = on.right + column * (on.width - on.right) / across
        y = (down - row - 0.5) * on.gap
        sample = ([x / width, (x + SAMPLE / 2) / width, (x + SAMPLE) / width], [y / height] * 3)
        figure.add_artist(Line2D(*sample, markevery=[1], transform=figure.transFigure, **style))
        figure.text(
            (x + SAMPLE + SPACE) / width, y / height, _short(line.label), fontsize=on.small,
            color=INK, va="center_baseline", parse_math=False,
        )  # fmt: skip


def _across(figure: Figure, lines: Sequence[Line], on: Format) -> int:
    """As many columns as the longest name leaves room for."""
    names = [_short(line.label) for line in lines]
    texts = [figure.text(0, 0, words, fontsize=on.small, parse_math=False) for words in names]
    widest = max(t.get_window_extent().width for t in texts)
    for text in texts:
        text.remove()
    room = on.width - on.right
    return min(len(names), max(1, int(room / (SAMPLE + SPACE + widest + on.right))))


def _short(words: str) -> str:
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"
