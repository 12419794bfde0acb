"""The key below the axes of a figure: a sample of each line beside its name, in columns."""

from collections.abc import Sequence
from math import ceil

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from attnbench.report.format import Format
from attnbench.report.looks import Look
from attnbench.report.palette import INK

SAMPLE, SPACE = 20, 5  # points: of the line, and from it to its name
Names = Sequence[tuple[str, Look]]


def key_height(figure: Figure, names: Names, on: Format) -> float:
    """Points that the key takes below the axes."""
    return ceil(len(names) / _across(figure, names, on)) * on.gap


def draw_key(figure: Figure, names: Names, on: Format) -> None:
    """From the lower edge of the figure up, one column after the other."""
    across = _across(figure, names, on)
    down = ceil(len(names) / across)
    width, height = figure.get_size_inches() * figure.dpi
    for i, (words, look) in enumerate(names):
        column, row = divmod(i, down)
        x = on.right + column * (on.width - on.right) / across
        y = (down - row - 0.5) * on.gap
        sample = ([x / width, (x + SAMPLE / 2) / width, (x + SAMPLE) / width], [y / height] * 3)
        figure.add_artist(
            Line2D(*sample, markevery=[1], transform=figure.transFigure, **look.artist(on))
        )
        figure.text(
            (x + SAMPLE + SPACE) / width, y / height, words, fontsize=on.small, color=INK,
            va="center_baseline", parse_math=False,
        )  # fmt: skip


def _across(figure: Figure, names: Names, on: Format) -> int:
    """As many columns as the longest name leaves room for."""
    texts = [figure.text(0, 0, words, fontsize=on.small, parse_math=False) for words, _ in names]
    widest = max(t.get_window_extent().width for t in texts)
    for text in texts:
        text.remove()
    room = on.width - on.right
    return min(len(names), max(1, int(room / (SAMPLE + SPACE + widest + on.right))))
