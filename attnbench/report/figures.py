"""Log-log figures of cost over pixels, by matplotlib; the same figure is written as SVG or PDF."""

from collections.abc import Sequence
from math import ceil, floor, log2, log10

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from attnbench.report.palette import INK, MARKERS, MUTED, PAPER, RULE, color
from attnbench.report.plot import Line, Plot
from attnbench.units import quantity

POINTS = 72  # an inch; the SVG backend draws at this resolution, so a point is a pixel of its own
WIDTH, HEIGHT = 540, 400  # points
LEFT, TOP, BOTTOM = 74, 26, 52
LABEL_SIZE, LABEL_GAP, LEADER = 11.5, 15.0, 22
STYLE = {
    "font.family": "DejaVu Sans",  # the widest of what browsers may show instead
    "font.size": LABEL_SIZE,
    "svg.fonttype": "none",  # text stays text: small, sharp, selectable, read aloud
    "svg.hashsalt": "attnbench",
    "path.simplify": False,
}


def growth(plot: Plot) -> Figure:
    """Points joined by lines, dotted power laws behind them, names at the line ends."""
    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}):
        height = max(HEIGHT, TOP + BOTTOM + LABEL_GAP * (len(plot.lines) + 1))
        figure = Figure(figsize=(WIDTH / POINTS, height / POINTS), dpi=POINTS, facecolor="none")
        axes = figure.add_axes((0, 0, 1, 1), facecolor="none")
        _draw_lines(axes, plot.lines)
        _dress(axes, plot)
        labels = _labels(axes, plot.lines, height - TOP - BOTTOM)
        right = LEADER + 8 + _width(axes, [t for _, t, _ in labels])
        axes.set_position(
            (LEFT / WIDTH, BOTTOM / height, (WIDTH - LEFT - right) / WIDTH, 1 - (TOP + BOTTOM) / height)
        )
        _write_labels(axes, labels, height - TOP - BOTTOM)
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
            x, y, color=ink, lw=1.6, ls=(0, (4, 2)) if line.dashed else "-", zorder=4,
            marker=MARKERS[int(line.marker) % len(MARKERS)], ms=4.6, mew=1.3, mec=ink,
            mfc=PAPER if line.dashed else ink,
        )  # fmt: skip


def _dress(axes: Axes, plot: Plot) -> None:
    low = min(min(line.values) for line in plot.lines)
    high = max(max(line.values) for line in plot.lines)
    axes.set_ylim(low / 1.35, high * 1.35)
    ticks = y_ticks(low / 1.35, high * 1.35, plot.unit)
    axes.set_yticks(ticks, [quantity(t, plot.unit, 1) for t in ticks], parse_math=False)
    sizes = x_ticks(sorted(plot.sizes))
    names = [f"{plot.sizes[n]}\n{n:,}".replace(",", "\u202f") for n in sizes]
    axes.set_xticks(sizes, names, parse_math=False)
    axes.minorticks_off()
    axes.set_xlim(min(plot.sizes) / 1.15, max(plot.sizes) * 1.15)
    axes.tick_params(colors=MUTED, length=0, pad=6, labelsize=LABEL_SIZE - 0.5)
    axes.grid(color=RULE, lw=0.8, zorder=0)
    for name, spine in axes.spines.items():
        spine.set(visible=name == "bottom", color=MUTED, lw=0.8)
    axes.set_xlabel("side of the map, and pixels N", color=MUTED, fontsize=LABEL_SIZE - 0.5)


def y_ticks(low: float, high: float, unit: str) -> list[float]:
    """Powers of ten, or of two for bytes, at most seven; on a short axis also 2 and 5."""
    if unit == "bytes":
        first, last = ceil(log2(low)), floor(log2(high))
        step = max(1, ceil((last - first + 1) / 7))
        return [2.0**p for p in range(first, last + 1) if p % step == 0]
    first, last = floor(log10(low)), floor(log10(high))
    step = max(1, ceil((last - first) / 7))
    short = last - first <= 2  # noqa: PLR2004 three decades leave room for 2 and 5
    ticks = [m * 10.0**p for p in range(first, last + 1) if p % step == 0 for m in ((1, 2, 5) if short else (1,))]
    return [t for t in ticks if low <= t <= high]


def x_ticks(pixels: Sequence[int], least: float = 2.4) -> list[int]:
    """The largest of `pixels` and those below it that stand apart by a factor of `least`."""
    kept: list[int] = []
    for n in reversed(pixels):
        if not kept or kept[-1] / n >= least:
            kept.append(n)
    return kept[::-1]


def spread(wanted: Sequence[float], gap: float, top: float) -> list[float]:
    """Places nearest to `wanted` (ascending) that keep `gap` apart, within 0 to `top`.

    Least squares: what must not overlap is pooled around its mean (pool adjacent violators).
    """
    pools: list[list[float]] = []  # [sum, count] of wanted places less the gaps below them
    for i, place in enumerate(wanted):
        pools.append([place - i * gap, 1])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] >= pools[-1][0] / pools[-1][1]:
            total, count = pools.pop()
            pools[-1][0] += total
            pools[-1][1] += count
    flat = [total / count for total, count in pools for _ in range(int(count))]
    ceiling = max(top - (len(flat) - 1) * gap, 0)
    return [min(max(place, 0), ceiling) + i * gap for i, place in enumerate(flat)]


def _labels(axes: Axes, lines: Sequence[Line], height: float) -> list[tuple[float, str, Line]]:
    """(height of the line's end in points, label, line), lowest first; pairs that end together once."""
    low, high = np.log(axes.get_ylim())
    ends = sorted((float((np.log(v.values[-1]) - low) / (high - low)) * height, i) for i, v in enumerate(lines))
    found: list[tuple[float, str, Line]] = []
    for place, i in ends:
        line = lines[i]
        twin = next((k for k, (p, _, other) in enumerate(found) if _together(line, other, place - p)), None)
        if twin is None:
            found.append((place, line.label, line))
        else:
            found[twin] = (found[twin][0], line.pair, found[twin][2])
    return found


def _together(line: Line, other: Line, apart: float) -> bool:
    same_end = line.pixels[-1] == other.pixels[-1]
    return line.pair == other.pair and same_end and apart < LABEL_GAP / 2


def _write_labels(axes: Axes, labels: list[tuple[float, str, Line]], height: float) -> None:
    right = axes.get_xlim()[1]
    places = spread([p for p, _, _ in labels], LABEL_GAP, height)
    blend = axes.get_yaxis_transform()  # x in fractions of the axes, y in data
    low, high = np.log(axes.get_ylim())
    width = axes.get_position().width * WIDTH
    for place, (_, words, line) in zip(places, labels, strict=True):
        y = float(np.exp(low + (high - low) * place / height))
        ink = color(line.slot)
        start = np.log(line.pixels[-1] / axes.get_xlim()[0]) / np.log(right / axes.get_xlim()[0])
        elbow = max(start + 6 / width, 1 + 2 / width)
        axes.plot(
            [start + 5 / width, elbow, 1 + LEADER / width], [line.values[-1], line.values[-1], y],
            color=ink, lw=0.8, alpha=0.6, transform=blend, clip_on=False, zorder=1,
        )  # fmt: skip
        axes.text(
            1 + (LEADER + 4) / width, y, words, color=ink, va="center_baseline", transform=blend,
            parse_math=False, fontsize=LABEL_SIZE,
        )  # fmt: skip


def _width(axes: Axes, texts: Sequence[str]) -> float:
    """Points that the longest of `texts` takes."""
    found = [axes.text(0, 0, t, fontsize=LABEL_SIZE, parse_math=False) for t in texts]
    widths = [t.get_window_extent().width for t in found]
    for t in found:
        t.remove()
    return max(widths)


__all__ = ["INK", "growth", "spread", "x_ticks", "y_ticks"]
