"""A share over a cost, a mark a head: by matplotlib, as the figures of growth."""

from math import ceil

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from attnbench.report.figures import POINTS, STYLE
from attnbench.report.format import PAGE, Format
from attnbench.report.labels import short, spread
from attnbench.report.palette import MUTED, PAPER, RULE, color
from attnbench.report.plot import Mark, Scatter
from attnbench.report.ticks import rounded, y_ticks

LETTER = 0.7  # widths of an average bold letter, in its size
MARGIN = 0.05  # of the range of shares, above and below
TICK = 5.8  # letters that a number below the axis takes
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)  # between two marks of the axis of shares
MOST = 8  # of them


def scatter(plot: Scatter, on: Format = PAGE) -> Figure:
    """Marks with their intervals, filled on the front, which is joined; names to the right."""
    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}):
        inside = max(on.height - on.top - on.bottom, on.gap * (len(plot.marks) + 1))
        height = inside + on.top + on.bottom
        longest = max(len(short(m.label, on)) for m in plot.marks)
        across = on.width - on.left - (on.leader + 6 + LETTER * on.text * longest)
        size = (on.width / POINTS, height / POINTS)
        figure = Figure(figsize=size, dpi=POINTS, facecolor="none")
        place = (on.left / on.width, on.bottom / height, across / on.width, inside / height)
        axes = figure.add_axes(place, facecolor="none")
        _dress(axes, plot, across, on)
        _draw(axes, plot.marks, on)
        _name(axes, plot.marks, inside, across, on)
    return figure


def _draw(axes: Axes, marks: tuple[Mark, ...], on: Format) -> None:
    for m in marks:
        ink = color(m.slot)
        reach = [
            [[m.x - m.x_ends[0]], [m.x_ends[1] - m.x]],
            [[m.y - m.y_ends[0]], [m.y_ends[1] - m.y]],
        ]
        x_error, y_error = np.clip(reach, 0, None)
        axes.errorbar(
            m.x, m.y, y_error, x_error, fmt="o", ms=1.3 * on.marker, mec=ink, mew=0.9 * on.line,
            elinewidth=on.thin, ecolor=ink,
            mfc=ink if m.is_front else PAPER, zorder=4,
        )  # fmt: skip
    ahead = sorted((m.x, m.y) for m in marks if m.is_front)
    axes.plot(*zip(*ahead, strict=True), color=MUTED, lw=on.thin, ls=(0, (1, 2)), zorder=2)


def _dress(axes: Axes, plot: Scatter, across: float, on: Format) -> None:
    axes.set_xscale("log")
    low, high = min(m.x_ends[0] for m in plot.marks), max(m.x_ends[1] for m in plot.marks)
    low, high = max(low, min(m.x for m in plot.marks) / 3) / 1.3, high * 1.3
    axes.set_xlim(low, high)
    ticks = y_ticks(low, high, plot.unit)
    ticks = ticks[:: ceil(len(ticks) * TICK * on.small / across)]
    axes.set_xticks(ticks, [rounded(t, plot.unit) for t in ticks], parse_math=False)
    bottom, top = min(m.y_ends[0] for m in plot.marks), max(m.y_ends[1] for m in plot.marks)
    bottom, top = max(bottom - MARGIN, 0), min(top + MARGIN, 1)
    axes.set_ylim(bottom, top)
    step = next((s for s in STEPS if (top - bottom) / s <= MOST), STEPS[-1])
    shares = [n * step for n in range(round(1 / step) + 1) if bottom <= n * step <= top]
    axes.set_yticks(shares, [f"{100 * s:.0f} %" for s in shares], parse_math=False)
    axes.minorticks_off()
    axes.tick_params(colors=MUTED, length=0, pad=on.small / 2, labelsize=on.small)
    axes.grid(color=RULE, lw=0.8, zorder=0)
    for name, spine in axes.spines.items():
        spine.set(visible=name == "bottom", color=MUTED, lw=0.8)
    axes.set_xlabel(plot.x_title, color=MUTED, fontsize=on.small, labelpad=0.7 * on.small)
    axes.set_ylabel(plot.y_title, color=MUTED, fontsize=on.small, labelpad=0.7 * on.small)


def _name(axes: Axes, marks: tuple[Mark, ...], height: float, across: float, on: Format) -> None:
    """Each name in the margin, with a thin line from its mark."""
    low, high = axes.get_ylim()
    ranked = sorted(marks, key=lambda m: m.y)
    wanted = [(m.y - low) / (high - low) * height for m in ranked]
    blend = axes.get_yaxis_transform()
    left, right = np.log(axes.get_xlim())
    for place, m in zip(spread(wanted, on.gap, height), ranked, strict=True):
        y, ink = low + (high - low) * place / height, color(m.slot)
        start = (np.log(m.x) - left) / (right - left) + 6 / across
        bends = [start, max(start, 1 - 8 / across), 1 + on.leader / across]
        style = {"color": ink, "transform": blend, "clip_on": False}
        axes.plot(bends, [m.y, m.y, y], lw=0.7, alpha=0.45, zorder=1, **style)
        style |= {"va": "center_baseline", "parse_math": False, "fontsize": on.text}
        weight = "bold" if m.is_front else "normal"
        axes.text(1 + (on.leader + 4) / across, y, short(m.label, on), fontweight=weight, **style)
