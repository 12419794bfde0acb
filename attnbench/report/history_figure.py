"""Series of runs as small multiples: points with intervals, and steps marked where they are."""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, floor, log10
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from attnbench.gate.outputs.wording import percent
from attnbench.history import Series
from attnbench.plain_files import replacing
from attnbench.printable import one_line
from attnbench.report.figures import POINTS, SMALL, STYLE
from attnbench.report.palette import INK, MUTED, PAPER, RULE, color
from attnbench.units import scale

FORMATS = (".svg", ".png", ".pdf")
MOST = 12  # panels: a page of them can still be read
PANEL_WIDTH, PANEL_HEIGHT = 400, 246  # points
LEFT, RIGHT, TOP, BOTTOM = 66, 40, 74, 36  # of a panel, points
ROWS = 3  # of words above a panel; a step whose words find no place in them has its line alone
LETTER, BOLD = 0.58, 0.68  # width of an average letter, in its size
DATE = 64  # points that a date below the axis takes
SHARP = 200  # dots an inch of a PNG
WORSE, BETTER = color(1), color(4)  # red and green of the palette, apart by lightness too


def chosen(found: Sequence[Series]) -> list[Series]:
    """Series with a step; where there is none, all of them. The longest first."""
    stepped = [s for s in found if s.steps] or list(found)
    return sorted(stepped, key=lambda s: -len(s.points))


def figure(found: Sequence[Series]) -> Figure:
    """A panel a series, two side by side. Runs stand at equal distances, in their order in time."""
    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}):
        across = min(2, len(found))
        down = ceil(len(found) / across)
        width, height = across * PANEL_WIDTH, down * PANEL_HEIGHT
        made = Figure(figsize=(width / POINTS, height / POINTS), dpi=POINTS, facecolor=PAPER)
        for i, series in enumerate(found):
            row, column = divmod(i, across)
            place = (
                (column * PANEL_WIDTH + LEFT) / width,
                1 - ((row + 1) * PANEL_HEIGHT - BOTTOM) / height,
                (PANEL_WIDTH - LEFT - RIGHT) / width,
                (PANEL_HEIGHT - TOP - BOTTOM) / height,
            )
            _panel(made.add_axes(place, facecolor="none"), series)
    return made


def save(found: Sequence[Series], path: Path) -> None:
    """The whole file or none. Raises StoreError when it cannot be written."""
    with replacing(path) as draft, mpl.rc_context(STYLE):
        kind = path.suffix.removeprefix(".")
        figure(found).savefig(draft, format=kind, dpi=SHARP, facecolor=PAPER)


def _panel(axes: Axes, series: Series) -> None:
    values = np.array([p.found.value for p in series.points])
    low = np.array([p.found.low for p in series.points])
    high = np.array([p.found.high for p in series.points])
    divisor, unit = scale(float(np.abs(values).max()), series.unit)
    x = np.arange(len(values))
    errors = np.nan_to_num(np.clip([values - low, high - values], 0, None)) / divisor
    if errors.any():
        axes.errorbar(x, values / divisor, errors, fmt="none", ecolor=MUTED, elinewidth=0.8)
    axes.plot(x, values / divisor, "o", ms=3.6, color=color(3), mec=PAPER, mew=0.4, zorder=4)
    _draw_parts(axes, series, values / divisor)
    _mark_steps(axes, series)
    _dress(axes, series, unit)


def _draw_parts(axes: Axes, series: Series, values: np.ndarray) -> None:
    """The level between two steps: the geometric mean, as the steps are told by."""
    ends = [0, *(s.at for s in series.steps), len(values)]
    for a, b in pairwise(ends):
        part = values[a:b]
        level = float(np.exp(np.log(part).mean())) if (part > 0).all() else float(part.mean())
        axes.plot([a - 0.5, b - 0.5], [level, level], color=INK, lw=1.1, alpha=0.7, zorder=3)


def _mark_steps(axes: Axes, series: Series) -> None:
    """A line at each step; above it by how much and since which code, where there is room."""
    ends = [0.0] * ROWS  # of the words in each row, in points from the left
    for step in series.steps:
        ink = WORSE if series.is_worse(step) else BETTER
        axes.axvline(step.at - 0.5, color=ink, lw=1, ls=(0, (3, 2)), zorder=2)
        relative = "from zero" if np.isnan(step.ratio.value) else percent(step.ratio.value - 1)
        words = one_line(f"{relative} {series.points[step.at].code}")
        across, width = PANEL_WIDTH - LEFT - RIGHT, LETTER * SMALL * len(words)
        wanted = step.at / len(series.points) * across
        start = min(wanted, across + RIGHT - width)  # moved to the left to stay on the panel
        row = next((i for i, end in enumerate(ends) if end <= start), None)
        if row is None:
            continue
        ends[row] = start + width
        axes.annotate(
            words, (0, 1), (start, 3 + row * (SMALL + 1)), xycoords="axes fraction",
            textcoords="offset points", ha="left", va="bottom", color=ink, fontsize=SMALL - 1,
            parse_math=False,
        )  # fmt: skip


def _dress(axes: Axes, series: Series, unit: str) -> None:
    n = len(series.points)
    what = ", ".join(filter(None, (series.metric, unit)))
    label = _short(series.trial.label, PANEL_WIDTH - LETTER * SMALL * (len(what) + 3), BOLD)
    named = ((0, 56, INK, label), (0, 43, MUTED, _short(series.where, PANEL_WIDTH - 20, LETTER)))
    measured = (1, 56, MUTED, what)
    for side, above, ink, words in (*named, measured):
        axes.annotate(
            one_line(words), (side, 1), (RIGHT - 10 if side else 10 - LEFT, above),
            xycoords="axes fraction", textcoords="offset points",
            ha="right" if side else "left", va="bottom", color=ink, fontsize=SMALL,
            fontweight="bold" if ink == INK else "normal", parse_math=False,
        )  # fmt: skip
    axes.set_xlim(-0.5 - n / 60, n - 0.5 + n / 60)
    most = max(2, (PANEL_WIDTH - LEFT - RIGHT) // DATE)
    ticks = np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int))
    axes.set_xticks(ticks, [f"{series.points[i].made:%Y-%m-%d}" for i in ticks], parse_math=False)
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    step = float(np.diff(axes.get_yticks())[0])
    places = max(0, -floor(log10(step) + 1e-9))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.{places}f}")
    axes.tick_params(colors=MUTED, length=0, pad=6, labelsize=SMALL - 1)
    axes.grid(axis="y", color=RULE, lw=0.8, zorder=0)
    axes.set_axisbelow(True)
    for name, spine in axes.spines.items():
        spine.set(visible=name == "bottom", color=MUTED, lw=0.8)


def _short(words: str, room: float, letter: float) -> str:
    """As much of `words` as `room` points hold."""
    most = int(room / (letter * SMALL))
    return words if len(words) <= most else words[: most - 1] + "…"
