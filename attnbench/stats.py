"""Statistics of what was measured: every result is an Estimate, a value with its interval.

Recipes and their reasons are in docs/method.md. Nothing here knows of heads or metrics.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, inf, isnan, nan

import numpy as np

LEVEL = 0.95
MARGIN = 0.02  # a smaller difference is true on a quiet machine, and of no use
EXACT_PAIRS, FLIPS = 16, 20_000  # of the sign-flip test
AT_ONCE = 10_000  # rows of `means`: more take memory, and no less time


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
    needed = student(freedom, (1 + level) / 2) + student(freedom, power)
    return exp(needed * between * (2 / rounds) ** 0.5) - 1


def mean(values: Sequence[float] | np.ndarray, level: float = LEVEL) -> Estimate:
    """Mean with Student's interval: for few independent values, such as one a round."""
    v = np.asarray(values, dtype=float)
    value = float(v.mean())
    if len(v) < 2:
        return Estimate(value, nan, nan, level)
    half = student(len(v) - 1, (1 + level) / 2) * float(v.std(ddof=1)) / len(v) ** 0.5
    return Estimate(value, value - half, value + half, level)


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
    v = np.concatenate(rows).astype(float).reshape(len(rows), -1)
    n = v.shape[1]
    if n < 2:
        return [mean(row) for row in v]
    value = v.mean(axis=1)
    half = student(n - 1, (1 + LEVEL) / 2) * v.std(axis=1, ddof=1) / n**0.5
    ends = (value.tolist(), (value - half).tolist(), (value + half).tolist())
    return [Estimate(*told) for told in zip(*ends, strict=True)]


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
    half = student(freedom, (1 + level) / 2) * sum(parts) ** 0.5
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


def sign_flip(differences: Sequence[float] | np.ndarray) -> float:
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


@lru_cache(1024)  # most intervals are of as many rounds
def student(freedom: float, p: float) -> float:
    """Quantile p of Student's t."""
    from scipy.special import stdtrit  # noqa: PLC0415 as above

    return float(stdtrit(freedom, p))
