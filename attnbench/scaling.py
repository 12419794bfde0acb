"""How a cost grows with a size: the power law through the points, and where two costs cross."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from attnbench.stats import LEVEL, Estimate, exactly, mean, student

DRAWS = (
    2000  # of the bootstrap: the ends of a 95 % interval then move by less than 1 % of its width
)


@dataclass(frozen=True)
class PowerLaw:
    """cost = scale · size^exponent over `sizes`, and how far that is from the truth.

    `local` are the exponents between neighbouring sizes; a cost like a·N² + b·N has a fitted
    exponent below 2 that says little, and local ones that climb to 2. `last` is the local exponent
    of the last doubling of the size. `residual` is the largest factor by which the fit is off.
    """

    exponent: Estimate
    scale: float
    residual: float
    sizes: tuple[float, ...]
    local: tuple[Estimate, ...]
    last: Estimate


def power_law(
    sizes: Sequence[float], rounds: Sequence[Sequence[float]], *, exact: bool = False
) -> PowerLaw:
    """Fit of log(cost) over log(size); `rounds[r][i]` is the cost at `sizes[i]` in round r.

    The exponent's interval is the wider of two: what the slope varies from round to round
    (Student, a round being a fresh process), and what the points stray from a line (least
    squares). With one round it is the second alone; a local exponent then has an interval only
    if the costs are `exact` counts.
    Raises ValueError below three sizes: a line through two points has no misfit to show.
    """
    if len(sizes) < 3:
        raise ValueError(f"a power law needs three sizes, got {len(sizes)}")
    order = np.argsort(sizes)
    x = np.log(np.asarray(sizes, dtype=float)[order])
    y = np.log(np.atleast_2d(np.asarray(rounds, dtype=float))[:, order])
    slope, intercept, misfit = _line(x, y.mean(axis=0))
    by_round = mean(_slopes(x, y))
    half = max(misfit, (by_round.high - by_round.low) / 2 if len(y) > 1 else 0.0)
    off = np.abs(y.mean(axis=0) - (slope * x + intercept)).max()
    local = tuple(_local(x, y, i, i + 1, exact=exact) for i in range(len(x) - 1))
    return PowerLaw(
        exponent=Estimate(slope, slope - half, slope + half),
        scale=float(np.exp(intercept)),
        residual=float(np.exp(off)),
        sizes=tuple(float(sizes[i]) for i in order),
        local=local,
        last=_local(x, y, _half_way(x), len(x) - 1, exact=exact),
    )


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """Slope, intercept, and half-width of the slope's least-squares interval."""
    dx = x - x.mean()
    slope = float((dx * y).sum() / (dx * dx).sum())
    intercept = float(y.mean() - slope * x.mean())
    left = y - slope * x - intercept
    error = (float((left * left).sum()) / (len(x) - 2) / float((dx * dx).sum())) ** 0.5
    return slope, intercept, student(len(x) - 2, (1 + LEVEL) / 2) * error


def _slopes(x: np.ndarray, rows: np.ndarray) -> np.ndarray:
    dx = x - x.mean()
    return (dx * rows).sum(axis=1) / (dx * dx).sum()


def _local(x: np.ndarray, y: np.ndarray, i: int, j: int, *, exact: bool) -> Estimate:
    slopes = (y[:, j] - y[:, i]) / (x[j] - x[i])
    return exactly(float(slopes.mean())) if exact else mean(slopes)


def _half_way(x: np.ndarray) -> int:
    """Index of the largest size that is at most half of the last, or the last but one."""
    below = np.nonzero(x <= x[-1] - np.log(2) + 1e-9)[0]
    return int(below[-1]) if len(below) else len(x) - 2


def crossing(
    sizes: Sequence[float], dense: Sequence[Sequence[float]], other: Sequence[Sequence[float]]
) -> Estimate | None:
    """The size from which `other` stays cheaper than `dense`, to the end of the range.

    Both are rounds[r][i] over the same sizes. Between two sizes the ratio is a power law. The
    interval is a bootstrap of the rounds, which stay paired (exact counts: one round, no width).
    Value and interval ends are `sizes[0]` where it is cheaper from the start, infinite where it
    never stays cheaper. None for no sizes.
    """
    if not len(sizes):
        return None
    order = np.argsort(sizes)
    x = np.log(np.asarray(sizes, dtype=float)[order])
    gap = np.log(np.atleast_2d(np.asarray(other, dtype=float))[:, order])
    gap = gap - np.log(np.atleast_2d(np.asarray(dense, dtype=float))[:, order])
    value = float(_crossings(x, gap.mean(axis=0, keepdims=True))[0])
    if len(gap) == 1:
        return exactly(value)
    ends = [int(DRAWS * (1 - LEVEL) / 2), int(DRAWS * (1 + LEVEL) / 2) - 1]
    low, high = np.partition(_crossings(x, _draws(len(gap)) @ gap / len(gap)), ends)[ends]
    return Estimate(value, float(low), float(high))


@cache
def _draws(rounds: int) -> np.ndarray:
    """How often each round is in each draw of the bootstrap: the same draws for all crossings."""
    drawn = np.random.default_rng(0).integers(0, rounds, (DRAWS, rounds))
    counts = np.zeros((DRAWS, rounds))
    np.add.at(counts, (np.arange(DRAWS)[:, None], drawn), 1)
    return counts


def _crossings(x: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """For each row of log ratios over `x`: the size behind the last that is not below 0."""
    dearer = gaps >= 0
    last = gaps.shape[1] - 1 - np.argmax(dearer[:, ::-1], axis=1)
    found = np.full(len(gaps), np.inf)
    found[~dearer.any(axis=1)] = np.exp(x[0])
    inside = np.nonzero(dearer.any(axis=1) & (last < gaps.shape[1] - 1))[0]
    i = last[inside]
    before, after = gaps[inside, i], gaps[inside, i + 1]
    found[inside] = np.exp(x[i] + (x[i + 1] - x[i]) * before / (before - after))
    return found
