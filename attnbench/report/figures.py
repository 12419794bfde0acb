"""Log-log figures of cost over pixels, by matplotlib; the same figure is written as SVG or PDF."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from attnbench.report import labels
from attnbench.report.palette import MARKERS, MUTED, PAPER, RULE, color
from attnbench.report.plot import SIDES, Line, Plot
from attnbench.report.ticks import rounded, x_ticks, y_ticks

POINTS = 72  # an inch; the SVG backend draws at this resolution, so a point is a pixel of its own
WIDTH, HEIGHT = 460, 372  # points
LEFT, TOP, BOTTOM = 66, 14, 58
SMALL = 11
STYLE = {
    "font.family": "DejaVu Sans",  # the widest of what browsers may show instead
    "font.size": labels.SIZE,
    "svg.fonttype": "none",  # text stays text: small, sharp, selectable, read aloud
    "svg.hashsalt": "attnbench",
    "path.simplify": False,
}


def growth(plot: Plot) -> Figure:
    """Points joined by lines, dotted power laws behind them, names at the line ends."""
    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}):
        inside = max(HEIGHT - TOP - BOTTOM, labels.GAP * (len(plot.lines) + 1))
        height = inside + TOP + BOTTOM
        figure = Figure(figsize=(WIDTH / POINTS, height / POINTS), dpi=POINTS, facecolor="none")
        axes = figure.add_axes((0, 0, 1, 1), facecolor="none")
        _draw_lines(axes, plot.lines)
        _dress(axes, plot)
        names = labels.labels(axes, plot.lines, inside)
        across = WIDTH - LEFT - labels.width(axes, names)
        axes.set_position((LEFT / WIDTH, BOTTOM / height, across / WIDTH, inside / height))
        labels.write(axes, names, inside)
    return figure


def _draw_lines(axes: Axes, lines: Sequence[Line]) -> None:
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    for line in lines:
        ink = color(line.slot)
        x, y = np.array(line.pixels, float), np.array(line.values)
        if line.fit:
            fitted = line.fit.scale * x[[0, -1]] ** line.fit.exponent.value
            axes.plot(x[[0, -1]], fitted, color=ink, lw=1, ls=(0, (1, 2.2)), alpha=0.75, zorder=2)
        errors = np.clip([y - line.low, np.array(line.high) - y], 0, None)
        errors[0] = np.minimum(errors[0], y * 0.99)  # an interval below zero has no logarithm
        if errors.any():
            axes.errorbar(x, y, errors, fmt="none", ecolor=ink, elinewidth=1, alpha=0.6, zorder=3)
        axes.plot(
            x, y, color=ink, lw=1.6, ls=(0, (4, 2)) if line.is_dashed else "-",
            zorder=3.5 if line.is_dashed else 4,  # where both are the same, the solid one is seen
            marker=MARKERS[line.marker % len(MARKERS)], ms=4.6, mew=1.3, mec=ink,
            mfc=PAPER if line.is_dashed else ink,
        )  # fmt: skip


def _dress(axes: Axes, plot: Plot) -> None:
    low = min(min(line.values) for line in plot.lines)
    high = max(max(line.values) for line in plot.lines)
    axes.set_ylim(low / 1.35, high * 1.35)
    ticks = y_ticks(low / 1.35, high * 1.35, plot.unit)
    axes.set_yticks(ticks, [rounded(t, plot.unit) for t in ticks], parse_math=False)
    sizes = x_ticks(sorted(plot.sizes))
    axes.set_xticks(sizes, [plot.sizes[n] for n in sizes], parse_math=False)
    axes.minorticks_off()
    axes.set_xlim(min(plot.sizes) / 1.15, max(plot.sizes) * 1.15)
    axes.tick_params(colors=MUTED, length=0, pad=6, labelsize=SMALL)
    for n in (
        sizes if plot.x_title == SIDES else ()
    ):  # a line of its own, as text of two lines cannot be centred by the browser
        axes.annotate(
            f"{n:,}".replace(",", "\u202f"), (n, 0), (0, -20), xycoords=axes.get_xaxis_transform(),
            textcoords="offset points", ha="center", va="top", color=MUTED, fontsize=SMALL,
        )  # fmt: skip
    axes.grid(color=RULE, lw=0.8, zorder=0)
    for name, spine in axes.spines.items():
        spine.set(visible=name == "bottom", color=MUTED, lw=0.8)
    below = 20 if plot.x_title == SIDES else 8
    axes.set_xlabel(plot.x_title, color=MUTED, fontsize=SMALL, labelpad=below)
