"""A share over a cost, or a rate under its roofs, a mark a head: by matplotlib, as the figures of
growth.
"""

from collections.abc import Sequence
from math import ceil

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from attnbench.report.figures import POINTS, STYLE
from attnbench.report.format import PAGE, Format
from attnbench.report.labels import short, spread
from attnbench.report.palette import INK, MUTED, PAPER, RULE, color
from attnbench.report.plot import Roof, Scatter
from attnbench.report.ticks import rounded, y_ticks

LETTER = 0.7  # widths of an average bold letter, in its size
WORDS = 2.4  # letters more to the left for marks that say a rate
MARGIN = 0.05  # of the range of shares, above and below
TICK = 5.8  # letters that a number below the axis takes
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)  # between two marks of the axis of shares
MOST = 8  # of them


def scatter(plot: Scatter, on: Format = PAGE) -> Figure:
    """Marks with their intervals, filled on the front, which is joined; names to the right."""
    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}):
        inside = max(on.height - on.top - on.bottom, on.gap * (len(plot.marks) + 1))
        height = inside + on.top + on.bottom
        width = on.width if on.is_paper else plot.width
        longest = max(len(short(m.label, on)) for m in plot.marks)
        names = on.leader + 6 + LETTER * on.text * longest
        left = on.left + (WORDS * on.small if plot.roofs else 0)
        across = width - left - names
        figure = Figure(figsize=(width / POINTS, height / POINTS), dpi=POINTS, facecolor="none")
        place = (left / width, on.bottom / height, across / width, inside / height)
        axes = figure.add_axes(place, facecolor="none")
        _dress(axes, plot, across, on)
        _draw(axes, plot, on)
        _name(axes, plot, inside, across, on)
    return figure


def _draw(axes: Axes, plot: Scatter, on: Format) -> None:
    for m in plot.marks:
        ink = color(m.look.slot)
        reach = [
            [[m.x - m.x_ends[0]], [m.x_ends[1] - m.x]],
            [[m.y - m.y_ends[0]], [m.y_ends[1] - m.y]],
        ]
        x_error, y_error = np.clip(reach, 0, None)
        axes.errorbar(
            m.x, m.y, y_error, x_error, fmt=m.look.marker, ms=1.25 * on.marker, mec=ink,
            mew=0.9 * on.line, elinewidth=1.2 * on.thin, ecolor=ink,
            mfc=ink if m.is_front else PAPER, zorder=4,
        )  # fmt: skip
    if plot.roofs:
        _draw_roofs(axes, plot.roofs)
    else:
        ahead = sorted((m.x, m.y) for m in plot.marks if m.is_front)
        axes.plot(*zip(*ahead, strict=True), color=MUTED, lw=1, ls=(0, (1, 2)), zorder=2)


def _draw_roofs(axes: Axes, roofs: tuple[Roof, ...]) -> None:
    low, high = axes.get_xlim()
    for roof in roofs:
        corner = min(max(roof.flat / roof.slope, low), high)
        x = np.array([low, corner, high])
        axes.plot(x, np.minimum(roof.flat, roof.slope * x), color=INK, lw=1.2, zorder=2)


def _dress(axes: Axes, plot: Scatter, across: float, on: Format) -> None:
    low, high = _reach([(m.x, m.x_ends) for m in plot.marks])
    low, high = low / 1.3, high * 1.3
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    ticks = y_ticks(low, high, plot.unit)
    ticks = ticks[:: ceil(len(ticks) * TICK * on.small / across)]
    axes.set_xticks(ticks, [rounded(t, plot.unit) for t in ticks], parse_math=False)
    (_dress_rates if plot.roofs else _dress_shares)(axes, plot)
    axes.minorticks_off()
    axes.tick_params(colors=MUTED, length=0, pad=on.small / 2, labelsize=on.small)
    axes.grid(color=RULE, lw=0.8, zorder=0)
    for name, spine in axes.spines.items():
        spine.set(visible=name == "bottom", color=MUTED, lw=0.8)
    axes.set_xlabel(plot.x_title, color=MUTED, fontsize=on.small, labelpad=0.7 * on.small)
    axes.set_ylabel(plot.y_title, color=MUTED, fontsize=on.small, labelpad=0.7 * on.small)


def _reach(found: Sequence[tuple[float, tuple[float, float]]]) -> tuple[float, float]:
    """What a logarithmic axis must hold: an interval may begin at zero or below."""
    low = max(min(ends[0] for _, ends in found), min(value for value, _ in found) / 3)
    return low, max(ends[1] for _, ends in found)


def _dress_shares(axes: Axes, plot: Scatter) -> None:
    bottom, top = min(m.y_ends[0] for m in plot.marks), max(m.y_ends[1] for m in plot.marks)
    bottom, top = max(bottom - MARGIN, 0), min(top + MARGIN, 1)
    axes.set_ylim(bottom, top)
    step = next((s for s in STEPS if (top - bottom) / s <= MOST), STEPS[-1])
    shares = [n * step for n in range(round(1 / step) + 1) if bottom <= n * step <= top]
    axes.set_yticks(shares, [f"{100 * s:.0f} %" for s in shares], parse_math=False)


def _dress_rates(axes: Axes, plot: Scatter) -> None:
    low, high = _reach([(m.y, m.y_ends) for m in plot.marks])
    high = max(high, *(roof.flat for roof in plot.roofs))
    axes.set_yscale("log")
    axes.set_ylim(low / 1.5, high * 1.5)
    ticks = y_ticks(low / 1.5, high * 1.5, plot.y_unit)
    axes.set_yticks(ticks, [rounded(t, plot.y_unit) for t in ticks], parse_math=False)


def _name(axes: Axes, plot: Scatter, height: float, across: float, on: Format) -> None:
    """Each name in the margin, with a thin line from its mark."""
    place = axes.transScale + axes.transLimits
    found = sorted(
        [(*place.transform((m.x, m.y))[::-1], m) for m in plot.marks], key=lambda f: f[:2]
    )
    places = spread([y * height for y, _, _ in found], on.gap, height)
    for at, (y, x, m) in zip(places, found, strict=True):
        bends = [x + 6 / across, max(x + 6 / across, 1 - 8 / across), 1 + on.leader / across]
        style = {"color": color(m.look.slot), "transform": axes.transAxes, "clip_on": False}
        axes.plot(bends, [y, y, at / height], lw=0.7, alpha=0.45, zorder=1, **style)
        style |= {"va": "center_baseline", "parse_math": False, "fontsize": on.text}
        weight = "bold" if m.is_front and not plot.roofs else "normal"
        axes.text(
            1 + (on.leader + 4) / across,
            at / height,
            short(m.label, on),
            fontweight=weight,
            **style,
        )
