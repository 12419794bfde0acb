"""Samples in the order in which they were taken, round after round, and how densely they lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import sqrt

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from attnbench.report.figures import POINTS, STYLE
from attnbench.report.format import PAGE, Format
from attnbench.report.palette import INK, MUTED, RULE, color
from attnbench.report.plot import NARROW
from attnbench.report.ticks import rounded, y_ticks
from attnbench.units import scale

HEIGHT = 0.8  # of that of other figures
BOTTOM = 4  # letters below the axes
DENSITY, GAP = 0.16, 0.026  # of the width: the panel to the right, and what is left before it
FAR = 5  # an axis from below this factor to its largest is linear
FEWEST_BINS, MOST_BINS = 5, 40
FEW = 60  # samples: so many have room for larger marks


@dataclass(frozen=True)
class Samples:
    """Those of one trial, a tuple a round. `slot` is the colour of its head."""

    name: str
    title: str
    description: str
    unit: str
    slot: int
    rounds: tuple[tuple[float, ...], ...]

    @property
    def width(self) -> int:
        return NARROW


def samples(plot: Samples, on: Format = PAGE) -> Figure:
    """Left: each sample over its number, each median a line. Right: how many lie where."""
    values = [v for r in plot.rounds for v in r]
    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}):
        width, height = on.width if on.is_paper else NARROW, HEIGHT * on.height
        figure = Figure(figsize=(width / POINTS, height / POINTS), dpi=POINTS, facecolor="none")
        bottom, start = BOTTOM * on.small / height, on.left / width
        inside, across = 1 - on.top / height - bottom, 1 - start - GAP - DENSITY
        left = figure.add_axes((start, bottom, across, inside), facecolor="none")
        right = figure.add_axes(
            (start + across + GAP, bottom, DENSITY, inside), facecolor="none", sharey=left
        )
        _scale(left, min(values), max(values), plot.unit)
        _draw_rounds(left, plot, on)
        _draw_density(right, values, color(plot.slot), on, is_log=left.get_yscale() == "log")
    return figure


def _scale(axes: Axes, low: float, high: float, unit: str) -> None:
    if low > 0 and high > FAR * low:
        axes.set_yscale("log")
        axes.set_ylim(low / 1.1, high * 1.1)
        ticks = y_ticks(low / 1.1, high * 1.1, unit)
        axes.set_yticks(ticks, [rounded(t, unit) for t in ticks], parse_math=False)
    else:
        room = (high - low or abs(high) or 1) * 0.08
        divisor, name = scale(high, unit)
        ends = ((low - room) / divisor, (high + room) / divisor)
        axes.set_ylim(ends[0] * divisor, ends[1] * divisor)
        found = mpl.ticker.MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(*ends)
        ticks = [t for t in found if ends[0] <= t <= ends[1]]
        places = max(len(f"{t:.6g}".partition(".")[2]) for t in ticks)
        words = [f"{t:.{places}f} {name}".strip() for t in ticks]
        axes.set_yticks([t * divisor for t in ticks], words, parse_math=False)
    axes.minorticks_off()


def _draw_rounds(axes: Axes, plot: Samples, on: Format) -> None:
    ink = color(plot.slot)
    ends = list(accumulate((len(r) for r in plot.rounds), initial=0))
    for i, (begin, found) in enumerate(zip(ends, plot.rounds, strict=False)):
        end = begin + len(found)
        if i % 2:
            axes.axvspan(begin + 0.5, end + 0.5, color=RULE, alpha=0.45, lw=0, zorder=0)
        numbers = range(begin + 1, end + 1)
        axes.plot(
            numbers,
            found,
            "o",
            color=ink,
            ms=on.marker * (1.05 if ends[-1] <= FEW else 0.65),
            mew=0,
            alpha=0.75,
            zorder=3,
        )
        middle = float(np.median(found))
        axes.plot([begin + 0.5, end + 0.5], [middle] * 2, color=INK, lw=0.9 * on.line, zorder=4)
    axes.set_xlim(0.5, ends[-1] + 0.5)
    marks = [m for m in mpl.ticker.MaxNLocator(5, integer=True).tick_values(1, ends[-1]) if m >= 1]
    marks = [m for m in marks if m <= ends[-1]] or [1]
    axes.set_xticks(marks, [f"{m:.0f}" for m in marks])
    _dress(axes, on)
    axes.grid(color=RULE, lw=0.8, zorder=0, axis="y")
    axes.set_xlabel(
        "sample, a round after another", color=MUTED, fontsize=on.small, labelpad=on.small / 2
    )


def _draw_density(
    axes: Axes, values: Sequence[float], ink: str, on: Format, *, is_log: bool
) -> None:
    bins = round(min(max(sqrt(len(values)), FEWEST_BINS), MOST_BINS))
    low, high = min(values), max(values)
    edges = np.geomspace(low, high, bins + 1) if is_log else np.linspace(low, high, bins + 1)
    if low < high:
        counts, _ = np.histogram(values, edges)
        thick = np.diff(edges)
        axes.barh(edges[:-1], counts, thick, align="edge", color=ink, alpha=0.55, lw=0)
    axes.set_xticks([])
    axes.set_xlim(left=0)
    axes.tick_params(labelleft=False)
    _dress(axes, on)
    axes.set_xlabel("how many", color=MUTED, fontsize=on.small, labelpad=2.2 * on.small)


def _dress(axes: Axes, on: Format) -> None:
    axes.tick_params(colors=MUTED, length=0, pad=on.small / 2, labelsize=on.small)
    for name, spine in axes.spines.items():
        spine.set(visible=name == "bottom", color=MUTED, lw=0.8)
