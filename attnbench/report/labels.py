"""Names at the ends of the lines of a figure: near their line, and never on each other."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg

from attnbench.report.format import PAGE, Format
from attnbench.report.palette import color
from attnbench.report.plot import Line

Label = tuple[float, str, Line]  # where its line ends, in points above the axis; what is written


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


def labels(axes: Axes, lines: Sequence[Line], height: float, on: Format = PAGE) -> list[Label]:
    """Lowest first. Two kernels of a head that end together share the name without its kernel."""
    low, high = np.log(axes.get_ylim())
    ends = [float((np.log(v.values[-1]) - low) / (high - low)) * height for v in lines]
    found: list[Label] = []
    for place, i in sorted(zip(ends, range(len(lines)), strict=True)):
        line = lines[i]
        twins = [
            k for k, (at, _, other) in enumerate(found) if _together(line, other, place - at, on)
        ]
        if twins:
            at, _, other = found[twins[0]]
            found[twins[0]] = (at, short(line.pair, on), other)
        else:
            found.append((place, short(line.label, on), line))
    return found


def write(axes: Axes, found: Sequence[Label], height: float, on: Format = PAGE) -> None:
    """The names to the right of the axes, each with a thin line to where its own ends."""
    left, right = np.log(axes.get_xlim())
    low, high = np.log(axes.get_ylim())
    point = 1 / (axes.get_position().width * axes.figure.get_size_inches()[0] * 72)  # of the axes
    blend = axes.get_yaxis_transform()  # x in fractions of the axes, y in data
    for place, (_, words, line) in zip(
        spread([at for at, _, _ in found], on.gap, height), found, strict=True
    ):
        y, ink = float(np.exp(low + (high - low) * place / height)), color(line.look.slot)
        start = (np.log(line.pixels[-1]) - left) / (right - left) + 5 * point
        bends = [start, max(start + point, 1 + 2 * point), 1 + on.leader * point]
        ends = [line.values[-1], line.values[-1], y]
        style = {"color": ink, "transform": blend, "clip_on": False}
        axes.plot(bends, ends, lw=0.8, alpha=0.6, zorder=1, **style)
        style |= {"va": "center_baseline", "parse_math": False, "fontsize": on.text}
        axes.text(1 + (on.leader + 4) * point, y, words, **style)


def width(axes: Axes, found: Sequence[Label], on: Format = PAGE) -> float:
    """Points to the right of the axes that the names take."""
    texts = [axes.text(0, 0, words, fontsize=on.text, parse_math=False) for _, words, _ in found]
    widest = max(t.get_window_extent(_ruler(axes.figure.dpi)).width for t in texts)
    for t in texts:
        t.remove()
    return on.leader + 6 + widest


@cache
def _ruler(dpi: float) -> RendererAgg:
    """Measures texts: a figure that has no canvas draws a whole one for each of them."""
    return RendererAgg(1, 1, dpi)


def _together(line: Line, other: Line, apart: float, on: Format) -> bool:
    same_end = line.pixels[-1] == other.pixels[-1]
    return line.pair == other.pair and same_end and apart < on.gap / 2


def short(words: str, on: Format = PAGE) -> str:
    """A longer name would leave no room for the figure."""
    return words if len(words) <= on.longest else words[: on.longest - 1] + "…"
