"""Log-log figures of cost over pixels, by matplotlib; the same figure is written as SVG or PDF."""

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from attnbench.report import labels
from attnbench.report.apart import apart
from attnbench.report.format import INCH, PAGE, Format
from attnbench.report.key import draw_key, key_height
from attnbench.report.looks import FAMILIES
from attnbench.report.palette import INK, MUTED, PAPER, RULE, color
from attnbench.report.plot import SIDES, Line, Plot
from attnbench.report.ticks import rounded, x_ticks, y_ticks

POINTS = INCH  # the SVG backend draws at this resolution, so a point is a pixel of its own
SMALL = PAGE.small
SMALLEST = 6  # letters that can be read, in points
LETTER = 0.6  # width of an average letter, in its size
STYLE: dict[Any, Any] = {  # matplotlib knows its keys as literals
    "font.family": "DejaVu Sans",  # the widest of what browsers may show instead
    "font.size": PAGE.text,
    "pdf.fonttype": 42,  # embedded as outlines: printers of papers refuse type 3
    "svg.fonttype": "none",  # text stays text: small, sharp, selectable, read aloud
    "svg.hashsalt": "attnbench",
    "path.simplify": False,
}
ACROSS = 3  # panels side by side
ABOVE, APART, LEAST_INSIDE = 34, 6, 180  # points: above a panel, beside it, and of it
FEW = 3  # marks of the axis of sizes, in a panel of several
BAND = 0.16  # opacity of an interval
FILLS = ("full", "left", "top", "right", "bottom")  # of a marker: one for each set of options


def growth(plot: Plot, on: Format = PAGE) -> Figure:
    """Points joined by lines in bands, thin power laws behind them, names at their ends or below.

    A panel each family, where one alone would be too crowded to follow a line in it; but not in a
    paper, which has no room for several.
    """
    if on.is_paper:
        return _one(replace(plot, lines=apart(plot.lines)), on, on.width)
    return facets(plot) if plot.is_crowded else _one(plot, on, plot.width)


def _one(plot: Plot, on: Format, width: float) -> Figure:
    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}):
        beside = 0 if on.has_key else on.gap * (len(plot.lines) + 1)
        inside = max(on.height - on.top - on.bottom, beside)
        figure = Figure(figsize=(width / POINTS, 1), dpi=POINTS, facecolor="none")
        axes = figure.add_axes((0, 0, 1, 1), facecolor="none")
        draw_lines(axes, plot.lines, on)
        dress(axes, plot, on)
        left = on.left + (_title(axes, plot.title, inside, on) if on.is_paper else 0)
        names = [] if on.has_key else labels.labels(axes, plot.lines, inside, on)
        right = on.right if on.has_key else labels.width(axes, names, on)
        bottom = on.bottom + (key_height(figure, plot.lines, on) if on.has_key else 0)
        height = inside + on.top + bottom
        figure.set_size_inches(width / POINTS, height / POINTS)
        across = width - left - right
        axes.set_position((left / width, bottom / height, across / width, inside / height))
        labels.write(axes, names, inside, on)
        if on.has_key:
            draw_key(figure, [(v, line_style(v, on)) for v in plot.lines], on)
        draw_limits(axes, plot, inside, on)
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
    inside = max(LEAST_INSIDE, PAGE.gap * (most + len(behind) + 0.5))
    height = down * (inside + ABOVE) + PAGE.bottom
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
        wide = (plot.width - PAGE.left) / ACROSS
        across = wide - max(labels.width(axes, names) for axes, names in panels) - APART
        for i, (axes, names) in enumerate(panels):
            row, column = divmod(i, ACROSS)
            left, bottom = PAGE.left + column * wide, height - (row + 1) * (inside + ABOVE)
            place = (left / plot.width, bottom / height, across / plot.width, inside / height)
            axes.set_position(place)
            labels.write(axes, names, inside)
            draw_limits(axes, plot, inside)
            axes.annotate(
                families[i] or "of your own", (0, 1), (0, 6), xycoords="axes fraction",
                textcoords="offset points", color=INK, fontsize=PAGE.text, fontweight="bold",
            )  # fmt: skip
    return figure


def _draw_behind(axes: Axes, lines: Sequence[Line]) -> None:
    for line in lines:
        style = {"color": color(line.look.slot), "lw": PAGE.thin, "ls": line.look.line}
        axes.plot(line.pixels, line.values, **style, alpha=0.7, zorder=1.2)


def draw_lines(axes: Axes, lines: Sequence[Line], on: Format = PAGE) -> None:
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    for line in lines:
        ink = color(line.look.slot)
        x, y = np.array(line.pixels, float), np.array(line.values)
        if line.fit:
            fitted = line.fit.scale * x[[0, -1]] ** line.fit.exponent.value
            axes.plot(x[[0, -1]], fitted, color=ink, lw=on.thin, alpha=0.5, zorder=2)
        # an interval below zero has no logarithm
        low, high = np.maximum(line.low, y * 0.01), np.array(line.high)
        if (high > low).any():
            axes.fill_between(x, low, high, color=ink, alpha=BAND, lw=0, zorder=1.5)
        axes.plot(
            x, y, **line_style(line, on),
            zorder=3.5 if line.is_hollow else 4,  # where both are the same, the filled one is seen
        )  # fmt: skip


def line_style(line: Line, on: Format) -> dict[str, object]:
    """Its dashes and its marker, as matplotlib wants them told."""
    ink = color(line.look.slot)
    style = {"color": ink, "lw": on.line, "ls": line.look.line}
    style |= {
        "marker": line.look.marker,
        "ms": on.marker,
        "mew": (0.6 if on.is_paper else 0.75) * on.line,
        "mec": ink,
    }
    if line.is_hollow:
        return style | {"mfc": PAPER}
    return style | {"mfc": ink, "mfcalt": PAPER, "fillstyle": FILLS[line.variant % len(FILLS)]}


def draw_limits(axes: Axes, plot: Plot, height: float, on: Format = PAGE) -> None:
    """A line across where something ends, named at its left, above it."""
    low, high = axes.get_ylim()
    last = np.inf
    for name, value in sorted(plot.limits, key=lambda limit: -limit[1]):
        at = height * float(np.log(value / low) / np.log(high / low))
        if 0 < at < height and last - at >= on.small:  # names keep apart
            last = at
            axes.axhline(value, color=INK, lw=0.7, ls=(0, (1, 3)), alpha=0.8, zorder=1)
            axes.annotate(
                name, (0, value), (3, 2), xycoords=axes.get_yaxis_transform(),
                textcoords="offset points", va="bottom", color=MUTED,
                fontsize=max(on.small - 1.5, SMALLEST),
            )  # fmt: skip


def dress(
    axes: Axes, plot: Plot, on: Format = PAGE, *, has_x: bool = True, has_y: bool = True
) -> None:
    low = min(min(line.values) for line in plot.lines)
    high = max(max(line.values) for line in plot.lines)
    axes.set_ylim(low / 1.35, high * 1.35)
    ticks = y_ticks(low / 1.35, high * 1.35, plot.unit)
    shown = [rounded(t, plot.unit) if has_y else "" for t in ticks]
    axes.set_yticks(ticks, shown, parse_math=False)
    is_panel = plot.is_crowded and not on.is_paper
    sizes = x_ticks(sorted(plot.sizes), FEW if is_panel else on.ticks)
    axes.set_xticks(sizes, [plot.sizes[n] if has_x else "" for n in sizes], parse_math=False)
    axes.minorticks_off()
    axes.set_xlim(min(plot.sizes) / 1.15, max(plot.sizes) * 1.15)
    axes.tick_params(colors=MUTED, length=0, pad=on.small / 2, labelsize=on.small)
    if plot.x_title == SIDES and has_x:
        _write_pixels(axes, sizes, on)
    axes.grid(color=RULE, lw=0.8, zorder=0)
    for name, spine in axes.spines.items():
        spine.set(visible=name == "bottom", color=MUTED, lw=0.8)
    below = 1.8 * on.small if plot.x_title == SIDES else 0.7 * on.small
    if has_x:
        axes.set_xlabel(plot.x_title, color=MUTED, fontsize=on.small, labelpad=below)


def _title(axes: Axes, title: str, height: float, on: Format) -> float:
    """Points that the title takes beside the axis of costs, in as many lines as it needs."""
    lines = textwrap.wrap(title, int(height / (LETTER * on.small)))
    axes.set_ylabel("\n".join(lines), color=MUTED, fontsize=on.small, labelpad=0.5 * on.small)
    return 1.3 * on.small * len(lines)


def _write_pixels(axes: Axes, sizes: Sequence[int], on: Format) -> None:
    """A line of its own, as text of two lines cannot be centred by the browser."""
    for n in sizes:
        axes.annotate(
            f"{n:,}".replace(",", "\u202f"), (n, 0), (0, -1.8 * on.small),
            xycoords=axes.get_xaxis_transform(), textcoords="offset points",
            ha="center", va="top", color=MUTED, fontsize=on.small,
        )  # fmt: skip
