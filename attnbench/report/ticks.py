"""Where the axes of a figure are marked, and what stands there."""

from collections.abc import Sequence
from math import ceil, floor, log2, log10, sqrt

from attnbench.units import digits, scale

MOST = 8  # on the axis of costs


def y_ticks(low: float, high: float, unit: str) -> list[float]:
    """Powers of ten, or of two for bytes; also 2 and 5 on a short axis; the middle if none fits."""
    base = log2 if unit == "bytes" else log10
    first, last = floor(base(low)), ceil(base(high))
    step = max(1, ceil((last - first) / MOST))
    powers = [p for p in range(first, last + 1) if p % step == 0]
    if unit == "bytes":
        ticks = [2.0**p for p in powers]
    else:
        between = (1, 2, 5) if last - first <= 3 else (1,)
        ticks = [m * 10.0**p for p in powers for m in between]
    return [t for t in ticks if low <= t <= high] or [sqrt(low * high)]


def x_ticks(pixels: Sequence[int], most: int = 6) -> list[int]:
    """The largest of `pixels` (ascending), and those below that leave room: `most` on the axis."""
    least = (pixels[-1] / pixels[0]) ** (1 / most)
    kept: list[int] = []
    for n in reversed(pixels):
        if not kept or kept[-1] / n >= least * 0.999:  # equal steps, but for rounding
            kept.append(n)
    return kept[::-1]


def rounded(tick: float, unit: str) -> str:
    divisor, name = scale(tick, unit)
    shown = f"{tick / divisor:.3g}" if tick / divisor < 1000 else digits(tick / divisor)
    return f"{shown} {name}".strip()
