"""Log-log figures of cost over pixels, by matplotlib; the same figure is written as SVG or PDF."""

import textwrap
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from attnbench.report import labels
from attnbench.report.format import INCH, PAGE, TWO_COLUMNS, Format
from attnbench.report.key import draw_key, key_height
from attnbench.report.looks import Look, looks
from attnbench.report.palette import MUTED, RULE
from attnbench.report.plot import SIDES, Line, Plot
from attnbench.report.ticks import rounded, x_ticks, y_ticks

POINTS = INCH  # the SVG backend draws at this resolution, so a point is a pixel of its own
SMALL = PAGE.small
LETTER = 0.6  # width of an average letter, in its size
STYLE = {
    "font.family": "DejaVu Sans",  # the widest of what browsers may show instead
    "font.size": PAGE.text,
    "pdf.fonttype": 42,  # embedded as outlines: printers of papers refuse type 3
    "svg.fonttype": "none",  # text stays text: small, sharp, selectable, read aloud
    "svg.hashsalt": "attnbench",
    "path.simplify": False,
}


def growth(plot: Plot, on: Format = PAGE) -> Figure:
    """Points joined by lines, dotted power laws behind them, names at the line ends or below."""
    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}):
        beside = 0 if on.has_key else on.gap * (len(plot.lines) + 1)
        inside = max(on.height - on.top - on.bottom, beside)
        figure = Figure(figsize=(on.width / POINTS, 1), dpi=POINTS, facecolor="none")
        axes = figure.add_axes((0, 0, 1, 1), facecolor="none")
        shown = looks(plot.lines, on)
        _draw_lines(axes, plot.lines, shown, on)
        _dress(axes, plot, on)
        left = on.left + (_title(axes, plot.title, inside, on) if on.is_paper else 0)
        key = [
            (labels.short(v.label, TWO_COLUMNS), k) for v, k in zip(plot.lines, shown, strict=True)
        ]
        names = [] if on.has_key else labels.labels(axes, plot.lines, inside, on)
        right = on.right if on.has_key else labels.width(axes, names, on)
        bottom = on.bottom + (key_height(figure, key, on) if on.has_key else 0)
        height = inside + on.top + bottom
        figure.set_size_inches(on.width / POINTS, height / POINTS)
        across = on.width - left - right
        axes.set_position((left / on.width, bottom / height, across / on.width, inside / height))
        labels.write(axes, names, inside, on)
        if on.has_key:
            draw_key(figure, key, on)
    return figure


def _draw_lines(axes: Axes, lines: Sequence[Line], shown: Sequence[Look], on: Format) -> None:
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    for line, look in zip(lines, shown, strict=True):
        ink = look.color
        x, y = np.array(line.pixels, float), np.array(line.values)
        if line.fit:
            fitted = line.fit.scale * x[[0, -1]] ** line.fit.exponent.value
            axes.plot(
                x[[0, -1]], fitted, color=ink, lw=on.thin, ls=(0, (1, 2.2)), alpha=0.75, zorder=2
            )
        errors = np.clip([y - line.low, np.array(line.high) - y], 0, None)
        errors[0] = np.minimum(errors[0], y * 0.99)  # an interval below zero has no logarithm
        if errors.any():
            axes.errorbar(
                x, y, errors, fmt="none", ecolor=ink, elinewidth=on.thin, alpha=0.6, zorder=3
            )
        axes.plot(
            x, y, label=line.label, **look.artist(on),
            zorder=3.5 if line.is_dashed else 4,  # where both are the same, the solid one is seen
        )  # fmt: skip


def _dress(axes: Axes, plot: Plot, on: Format) -> None:
    low = min(min(line.values) for line in plot.lines)
    high = max(max(line.values) for line in plot.lines)
    axes.set_ylim(low / 1.35, high * 1.35)
    ticks = y_ticks(low / 1.35, high * 1.35, plot.unit)
    axes.set_yticks(ticks, [rounded(t, plot.unit) for t in ticks], parse_math=False)
    sizes = x_ticks(sorted(plot.sizes), on.ticks)
    axes.set_xticks(sizes, [plot.sizes[n] for n in sizes], parse_math=False)
    axes.minorticks_off()
    axes.set_xlim(min(plot.sizes) / 1.15, max(plot.sizes) * 1.15)
    axes.tick_params(colors=MUTED, length=0, pad=on.small / 2, labelsize=on.small)
    if plot.x_title == SIDES:
        _write_pixels(axes, sizes, on)
    axes.grid(color=RULE, lw=0.8, zorder=0)
    for name, spine in axes.spines.items():
        spine.set(visible=name == "bottom", color=MUTED, lw=0.8)
    below = 1.8 * on.small if plot.x_title == SIDES else 0.7 * on.small
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
