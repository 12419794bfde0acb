"""Statistics of what was measured: every result is an Estimate, a value with its interval.

Recipes and their reasons are in docs/method.md. Nothing here knows of heads or metrics.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, inf, isnan, nan

import numpy as np

LEVEL = 0.95
MARGIN = 0.02  # a smaller difference is true on a quiet machine, and of no use
EXACT_PAIRS, FLIPS = 16, 20_000  # of the sign-flip test
AT_ONCE = 10_000  # rows of `means`: more take memory, and no less time
DRAWS = (
    2000  # of the bootstrap: the ends of a 95 % interval then move by less than 1 % of its width
)


@dataclass(frozen=True, slots=True)  # a large run has hundreds of thousands
class Estimate:
    """A value and the interval that covers it at `level`; low = high = value for an exact count.

    Where the data cannot give an interval, low and high are NaN.
    """

    value: float
    low: float
    high: float
    level: float = LEVEL

    @property
    def exact(self) -> bool:
        return self.low == self.high == self.value

    @property
    def known(self) -> bool:
        """Whether there is an interval at all."""
        return not isnan(self.low)


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


def exactly(value: float) -> Estimate:
    return Estimate(value, value, value)


def median(samples: Sequence[float], level: float = LEVEL) -> Estimate:
    """Median with the narrowest pair of order statistics around it that covers at `level`.

    No distribution is assumed. With fewer than six samples no pair covers at 95 %: low and high
    are NaN then.
    Source: Hoefler, Belli, Scientific benchmarking of parallel computing systems, SC 2015.
    """
    ordered = np.sort(np.asarray(samples, dtype=float))
    n, value = len(ordered), float(np.median(ordered))
    if n > 1 and ordered[0] == ordered[-1]:
        return exactly(value)
    for k in range((n - 1) // 2, -1, -1):  # [k, n-1-k] misses the median with 2·P(Binomial <= k)
        if 1 - 2 * _binomial(k, n, 0.5) >= level:
            return Estimate(value, float(ordered[k]), float(ordered[n - 1 - k]), level)
    return Estimate(value, nan, nan, level)


def blocked_median(samples: Sequence[float], level: float = LEVEL) -> Estimate:
    """Median of samples in the order in which they were taken, which need not be independent.

    The interval is that of the medians of blocks, the shortest (1, 2, 4 … samples) whose medians
    do not follow one another; NaN where no length leaves blocks enough for an interval.
    """
    v = np.asarray(samples, dtype=float)
    value = float(np.median(v))
    length = 1
    while len(v) // length > 1:
        blocks = np.median(v[: len(v) // length * length].reshape(-1, length), axis=1)
        if not _follows(blocks):
            inner = median(blocks, level)
            return Estimate(value, inner.low, inner.high, level)
        length *= 2
    return Estimate(value, nan, nan, level)


def _follows(v: np.ndarray) -> bool:
    """Whether neighbours are alike: lag-1 autocorrelation above what independent ones show."""
    if v.min() == v.max():
        return False
    d = v - v.mean()
    return float((d[1:] * d[:-1]).sum() / (d * d).sum()) > len(v) ** -0.5


def spread(samples: Sequence[float]) -> float:
    """Distance between the quartiles, relative to the median."""
    low, middle, high = np.quantile(np.asarray(samples, dtype=float), (0.25, 0.5, 0.75))
    return float((high - low) / middle)


def quantile_bound(samples: Sequence[float], q: float, level: float = LEVEL) -> float:
    """The smallest sample that quantile `q` does not exceed, at `level`; no distribution assumed.

    NaN below ln(1 - level) / ln(q) samples: 29 for 0.9, 59 for 0.95, 299 for 0.99 at 95 %.
    """
    ordered = np.sort(np.asarray(samples, dtype=float))
    n = len(ordered)
    for k in range(n):  # the quantile is above sample k if at most k of n are below it
        if _binomial(k, n, q) >= level:
            return float(ordered[k])
    return nan


def detectable(between: float, rounds: int, power: float = 0.8, level: float = LEVEL) -> float:
    """The smallest relative change of a time that `rounds` a side will mostly show.

    `between` is the relative standard deviation of rounds. Two sides whose rounds have nothing in
    common are compared by Student's interval of the log ratio, which finds it with `power`.
    Infinite below two rounds.
    """
    if rounds < 2:
        return inf
    freedom = rounds - 1
    needed = _student(freedom, (1 + level) / 2) + _student(freedom, power)
    return exp(needed * between * (2 / rounds) ** 0.5) - 1


def mean(values: Sequence[float], level: float = LEVEL) -> Estimate:
    """Mean with Student's interval: for few independent values, such as one a round."""
    v = np.asarray(values, dtype=float)
    if len(v) < 2:
        return Estimate(float(v.mean()), nan, nan, level)
    half = _student(len(v) - 1, (1 + level) / 2) * float(v.std(ddof=1)) / len(v) ** 0.5
    return Estimate(float(v.mean()), float(v.mean()) - half, float(v.mean()) + half, level)


def means(rows: Sequence[Sequence[float]]) -> list[Estimate]:
    """What `mean` gives of each row, to the bit; of many rows in a small part of the time."""
    by_length: dict[int, list[int]] = {}
    for i, row in enumerate(rows):
        by_length.setdefault(len(row), []).append(i)
    found: dict[int, Estimate] = {}
    for places in by_length.values():
        for some in (places[i : i + AT_ONCE] for i in range(0, len(places), AT_ONCE)):
            found |= zip(some, _means([rows[i] for i in some]), strict=True)
    return [found[i] for i in range(len(rows))]


def _means(rows: Sequence[Sequence[float]]) -> list[Estimate]:
    """Of rows of one length."""
    v = np.array(rows, dtype=float)
    n = v.shape[1]
    if n < 2:
        return [mean(row) for row in v]
    value = v.mean(axis=1)
    half = _student(n - 1, (1 + LEVEL) / 2) * v.std(axis=1, ddof=1) / n**0.5
    ends = (value.tolist(), (value - half).tolist(), (value + half).tolist())
    return [Estimate(*told) for told in zip(*ends, strict=True)]


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
    return slope, intercept, _student(len(x) - 2, (1 + LEVEL) / 2) * error


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


def ratio(over: Sequence[float], under: Sequence[float]) -> Estimate:
    """Geometric mean of the ratios of paired rounds, with Student's interval of their logarithm."""
    logs = mean(np.log(np.asarray(over, dtype=float)) - np.log(np.asarray(under, dtype=float)))
    return Estimate(*(float(np.exp(v)) for v in (logs.value, logs.low, logs.high)))


def unpaired_ratio(over: Sequence[float], under: Sequence[float], level: float = LEVEL) -> Estimate:
    """Ratio of the geometric means of two sides whose rounds have nothing in common.

    Welch's interval of the difference of the logarithms; NaN where a side has one round.
    Source: Welch, The generalization of Student's problem, Biometrika 1947.
    """
    a, b = (np.log(np.asarray(side, dtype=float)) for side in (over, under))
    gap = float(a.mean() - b.mean())
    if min(len(a), len(b)) < 2:
        return Estimate(exp(gap), nan, nan, level)
    parts = [float(v.var(ddof=1)) / len(v) for v in (a, b)]
    if not sum(parts):
        return exactly(exp(gap))
    freedom = sum(parts) ** 2 / sum(p**2 / (len(v) - 1) for p, v in zip(parts, (a, b), strict=True))
    half = _student(freedom, (1 + level) / 2) * sum(parts) ** 0.5
    return Estimate(exp(gap), exp(gap - half), exp(gap + half), level)


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Spearman's: the correlation of ranks, equal values sharing their mean rank.

    NaN where one side has a single value throughout. scipy has it, and takes a second to import.
    """
    ranks = np.array([_ranks(one), _ranks(other)])
    if (ranks == ranks[:, :1]).all(axis=1).any():
        return nan
    return float(np.corrcoef(ranks)[0, 1])


def _ranks(values: Sequence[float]) -> np.ndarray:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[place]


def sign_flip(differences: Sequence[float]) -> float:
    """Two-sided p of the mean of paired differences, if the sign of each is as good as a coin's.

    That is so by design where the order within each pair was drawn at random. Exact up to 16
    pairs; beyond that it is estimated from FLIPS draws, and never below 1 / FLIPS.
    """
    d = np.asarray(differences, dtype=float)
    n, seen = len(d), abs(float(np.mean(d)))
    if n <= EXACT_PAIRS:
        signs = 1 - 2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)
    else:
        drawn = np.random.default_rng(0).integers(0, 2, (FLIPS - 1, n))
        signs = np.vstack([np.ones(n), 1 - 2 * drawn])
    means = np.abs(signs @ d) / n
    return float(np.mean(means >= seen * (1 - 1e-12)))


def differs(over: Sequence[float], under: Sequence[float], margin: float = MARGIN) -> bool:
    """Whether two sides, measured in paired rounds of random order, are claimed to differ.

    The whole interval of their ratio lies beyond 1 ± `margin`, and a sign-flip test at 1 - LEVEL
    agrees: the interval supposes a normal distribution, and the test none.
    """
    found = ratio(over, under)
    beyond = found.low > 1 + margin or found.high < 1 - margin
    return beyond and sign_flip(np.log(over) - np.log(under)) <= 1 - LEVEL


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


def share(count: int, of: int, level: float = LEVEL) -> Estimate:
    """The chance of an event that was seen `count` times; NaN where it was looked for never.

    Source: Clopper, Pearson, The use of confidence or fiducial limits, 1934: covers at least.
    """
    from scipy.special import betaincinv  # noqa: PLC0415 as below

    if not of:
        return Estimate(nan, nan, nan, level)
    low = float(betaincinv(count, of - count + 1, (1 - level) / 2)) if count else 0.0
    high = float(betaincinv(count + 1, of - count, (1 + level) / 2)) if count < of else 1.0
    return Estimate(count / of, low, high, level)


def _binomial(k: int, n: int, p: float) -> float:
    """P(at most k of n)."""
    from scipy.special import bdtr  # noqa: PLC0415 a tenth of a second, for those who need it

    return float(bdtr(k, n, p))


def _student(freedom: float, p: float) -> float:
    """Quantile p of Student's t."""
    from scipy.special import stdtrit  # noqa: PLC0415 as above

    return float(stdtrit(freedom, p))
