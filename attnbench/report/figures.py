"""Log-log figures of cost over pixels, by matplotlib; the same figure is written as SVG or PDF."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from attnbench.report import labels
from attnbench.report.looks import FAMILIES
from attnbench.report.palette import INK, MUTED, PAPER, RULE, color
from attnbench.report.plot import SIDES, Line, Plot
from attnbench.report.ticks import rounded, x_ticks, y_ticks

POINTS = 72  # an inch; the SVG backend draws at this resolution, so a point is a pixel of its own
HEIGHT = 372  # points
LEFT, TOP, BOTTOM = 66, 14, 58
SMALL = 11
STYLE = {
    "font.family": "DejaVu Sans",  # the widest of what browsers may show instead
    "font.size": labels.SIZE,
    "svg.fonttype": "none",  # text stays text: small, sharp, selectable, read aloud
    "svg.hashsalt": "attnbench",
    "path.simplify": False,
}
LINE, FIT = 1.6, 0.8  # widths, points
ACROSS = 3  # panels side by side
ABOVE, APART, LEAST_INSIDE = 34, 6, 180  # points: above a panel, beside it, and of it
FEW, MANY = 3, 6  # marks of the axis of sizes
BAND = 0.16  # opacity of an interval
FILLS = ("full", "left", "top", "right", "bottom")  # of a marker: one for each set of options


def growth(plot: Plot) -> Figure:
    """Points joined by lines in bands, thin power laws behind them, names at the line ends.

    A panel each family, where one alone would be too crowded to follow a line in it.
    """
    return facets(plot) if plot.is_crowded else _one(plot)


def _one(plot: Plot) -> Figure:
    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}):
        inside = max(HEIGHT - TOP - BOTTOM, labels.GAP * (len(plot.lines) + 1))
        height = inside + TOP + BOTTOM
        figure = Figure(
            figsize=(plot.width / POINTS, height / POINTS), dpi=POINTS, facecolor="none"
        )
        axes = figure.add_axes((0, 0, 1, 1), facecolor="none")
        draw_lines(axes, plot.lines)
        dress(axes, plot)
        names = labels.labels(axes, plot.lines, inside)
        across = plot.width - LEFT - labels.width(axes, names)
        place = (LEFT / plot.width, BOTTOM / height, across / plot.width, inside / height)
        axes.set_position(place)
        labels.write(axes, names, inside)
        draw_limits(axes, plot, inside)
    return figure


def facets(plot: Plot) -> Figure:
    """A panel each family, on the same axes; in grey in all of them what they are held against."""
    families = [
        f for f, _ in FAMILIES if any(v.family == f for v in plot.lines if not v.is_reference)
    ]
    families += [""] if any(not v.family for v in plot.lines) else []
    groups = [[v for v in plot.lines if v.family == f] for f in families]
    behind = [replace(v, look=replace(v.look, slot=0)) for v in plot.lines if v.is_reference]
    down = ceil(len(groups) / ACROSS)
    most = max(map(len, groups))
    inside = max(LEAST_INSIDE, labels.GAP * (most + len(behind) + 0.5))
    height = down * (inside + ABOVE) + BOTTOM
    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}):
        figure = Figure(
            figsize=(plot.width / POINTS, height / POINTS), dpi=POINTS, facecolor="none"
        )
        panels = []
        for i, (name, lines) in enumerate(zip(families, groups, strict=True)):
            axes = figure.add_axes((0, 0, 1, 1), facecolor="none", label=name)
            others = [v for v in behind if v.family != name]
            _draw_behind(axes, others)
            draw_lines(axes, lines)
            dress(axes, plot, has_x=i + ACROSS >= len(groups), has_y=i % ACROSS == 0)
            panels.append((axes, labels.labels(axes, [*lines, *others], inside)))
        wide = (plot.width - LEFT) / ACROSS
        across = wide - max(labels.width(axes, names) for axes, names in panels) - APART
        for i, (axes, names) in enumerate(panels):
            row, column = divmod(i, ACROSS)
            left, bottom = LEFT + column * wide, height - (row + 1) * (inside + ABOVE)
            place = (left / plot.width, bottom / height, across / plot.width, inside / height)
            axes.set_position(place)
            labels.write(axes, names, inside)
            draw_limits(axes, plot, inside)
            axes.annotate(
                families[i] or "of your own", (0, 1), (0, 6), xycoords="axes fraction",
                textcoords="offset points", color=INK, fontsize=labels.SIZE, fontweight="bold",
            )  # fmt: skip
    return figure


def _draw_behind(axes: Axes, lines: Sequence[Line]) -> None:
    for line in lines:
        dash = (0, line.look.dash) if line.look.dash else "-"
        ink = color(line.look.slot)
        axes.plot(line.pixels, line.values, color=ink, lw=FIT, ls=dash, alpha=0.7, zorder=1.2)


def draw_lines(axes: Axes, lines: Sequence[Line]) -> None:
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    for line in lines:
        ink = color(line.look.slot)
        x, y = np.array(line.pixels, float), np.array(line.values)
        if line.fit:
            fitted = line.fit.scale * x[[0, -1]] ** line.fit.exponent.value
            axes.plot(x[[0, -1]], fitted, color=ink, lw=FIT, alpha=0.5, zorder=2)
        # an interval below zero has no logarithm
        low, high = np.maximum(line.low, y * 0.01), np.array(line.high)
        if (high > low).any():
            axes.fill_between(x, low, high, color=ink, alpha=BAND, lw=0, zorder=1.5)
        axes.plot(
            x, y, color=ink, lw=LINE, ls=(0, line.look.dash) if line.look.dash else "-",
            zorder=3.5 if line.is_hollow else 4,  # where both are the same, the filled one is seen
            **marker(line),
        )  # fmt: skip


def marker(line: Line) -> dict[str, object]:
    """Its marker, as matplotlib wants it told."""
    ink = color(line.look.slot)
    style = {"marker": line.look.marker, "ms": 4.8, "mew": 1.2, "mec": ink}
    if line.is_hollow:
        return style | {"mfc": PAPER}
    return style | {"mfc": ink, "mfcalt": PAPER, "fillstyle": FILLS[line.variant % len(FILLS)]}


def draw_limits(axes: Axes, plot: Plot, height: float) -> None:
    """A line across where something ends, named at its left, above it."""
    low, high = axes.get_ylim()
    last = np.inf
    for name, value in sorted(plot.limits, key=lambda limit: -limit[1]):
        at = height * float(np.log(value / low) / np.log(high / low))
        if 0 < at < height and last - at >= SMALL:  # names keep apart
            last = at
            axes.axhline(value, color=INK, lw=0.7, ls=(0, (1, 3)), alpha=0.8, zorder=1)
            axes.annotate(
                name, (0, value), (3, 2), xycoords=axes.get_yaxis_transform(),
                textcoords="offset points", va="bottom", color=MUTED, fontsize=SMALL - 1.5,
            )  # fmt: skip


def dress(axes: Axes, plot: Plot, *, has_x: bool = True, has_y: bool = True) -> None:
    low = min(min(line.values) for line in plot.lines)
    high = max(max(line.values) for line in plot.lines)
    axes.set_ylim(low / 1.35, high * 1.35)
    ticks = y_ticks(low / 1.35, high * 1.35, plot.unit)
    shown = [rounded(t, plot.unit) if has_y else "" for t in ticks]
    axes.set_yticks(ticks, shown, parse_math=False)
    sizes = x_ticks(sorted(plot.sizes), FEW if plot.is_crowded else MANY)
    axes.set_xticks(sizes, [plot.sizes[n] if has_x else "" for n in sizes], parse_math=False)
    axes.minorticks_off()
    axes.set_xlim(min(plot.sizes) / 1.15, max(plot.sizes) * 1.15)
    axes.tick_params(colors=MUTED, length=0, pad=6, labelsize=SMALL)
    for n in (
        sizes if plot.x_title == SIDES and has_x else ()
    ):  # a line of its own, as text of two lines cannot be centred by the browser
        axes.annotate(
            f"{n:,}".replace(",", "\u202f"), (n, 0), (0, -20), xycoords=axes.get_xaxis_transform(),
            textcoords="offset points", ha="center", va="top", color=MUTED, fontsize=SMALL,
        )  # fmt: skip
    axes.grid(color=RULE, lw=0.8, zorder=0)
    for name, spine in axes.spines.items():
        spine.set(visible=name == "bottom", color=MUTED, lw=0.8)
    below = 20 if plot.x_title == SIDES else 8
    if has_x:
        axes.set_xlabel(plot.x_title, color=MUTED, fontsize=SMALL, labelpad=below)
