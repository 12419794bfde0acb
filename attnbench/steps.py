"""Steps in a series of positive numbers, at a known rate of false ones.

E-divisive means, hierarchically: the split whose two sides differ most in the mean of their
logarithms is a step if few random orders of the same numbers have one as good; then the same within
the parts. What a random order destroys is what is tested for, so no distribution is assumed, and a
lone odd value makes no step; but numbers that follow one another, as of a machine with slow days,
show steps that no change of code made.
Source: Matteson, James, A nonparametric approach for multiple change point analysis, JASA 2014;
used for benchmarks by Daly et al., The use of change point detection, arXiv 2003.00584.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import comb, exp, log, nan

import numpy as np

from attnbench.stats import Estimate, exactly

LEAST = 3  # values between two steps: fewer cannot tell a step from an odd day
# A first look, and for what may be a step a closer one: its p is then known to a tenth of itself,
# and can be 1e-4, as the best of 500 series needs at a level of 5 %.
DRAWS, MORE_DRAWS = 999, 9_999
INTERVAL = 0.95
MOST_ENDS = 48  # of the right part of a split: more would not find more, and take their time


@dataclass(frozen=True)
class Step:
    """Values change from `before` to `after`, geometric means of the parts, at index `at`.

    `ratio` is after over before, with Welch's interval of the logarithms at 95 %; that the place
    was looked for is not in it. `p` is the share of random orders with as good a split; `rank`
    is 0 for the step that was found first, in the whole series.
    """

    at: int
    before: float
    after: float
    ratio: Estimate
    p: float
    rank: int = 0


def steps(
    values: Sequence[float],
    level: float = 0.05,
    margin: float = 0.0,
    least: int = LEAST,
    seed: int = 0,
) -> list[Step]:
    """Steps in the order of the series. Without any change one is found with chance `level`.

    So it is for each further one. Below `needed` values there is none to be found. Those of a
    ratio within 1 ± `margin` are not told, true or not: the parts beside them are taken as one.
    Raises ValueError for a value that is not above zero: it has no logarithm.
    """
    x = np.asarray(values, dtype=float)
    if not (x > 0).all():
        raise ValueError("a step is a ratio, and needs values above zero")
    x, random = np.log(x), np.random.default_rng(seed)
    bounds, found = [0, len(x)], {}  # index -> p, as they were found
    while True:
        parts = [x[a:b] for a, b in pairwise(bounds)]
        gains, places = zip(*(_best_split(part[None], least) for part in parts), strict=True)
        widest = int(np.argmax([gain[0] for gain in gains]))
        p = _share_as_good(parts, float(gains[widest][0]), level, least, random)
        if p > level:
            break
        at = bounds[widest] + int(places[widest][0])
        found[at] = p
        bounds = sorted([*bounds, at])
    while True:
        told = [
            _step(x[a:b], x[b:c], b, found[b], list(found).index(b))
            for a, b, c in zip(bounds, bounds[1:], bounds[2:], strict=False)
        ]
        least_told = min(told, key=lambda s: abs(log(s.ratio.value)), default=None)
        if least_told is None or abs(least_told.ratio.value - 1) >= margin:
            return told
        bounds.remove(least_told.at)


def exact_steps(values: Sequence[float]) -> list[Step]:
    """Of counts, which have no noise: every change is a step, its p is 0."""
    return [
        Step(i, before, after, exactly(after / before if before else nan), 0.0)
        for i, (before, after) in enumerate(pairwise(values), 1)
        if before != after
    ]


def needed(level: float = 0.05, least: int = LEAST) -> int:
    """Values below which no series can show a step at `level`, however large.

    Of all orders of n values the best split is shared by those that keep the lower half on one
    side: 2 of (n choose n/2).
    """
    n = 2 * least
    while 2 / comb(n, n // 2) > level:
        n += 1
    return n


def worth_a_look(p: Sequence[float], level: float = 0.05) -> list[bool]:
    """Which of many tests to report, such that of those the expected share in error is `level`.

    Source: Benjamini, Hochberg, Controlling the false discovery rate, JRSS B 1995.
    """
    ordered = sorted(p)
    passing = [v for k, v in enumerate(ordered, 1) if v <= k * level / len(p)]
    return [v <= max(passing, default=-1.0) for v in p]


def _best_split(rows: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
    """For each row: t(k-t)/k · (difference of the means of [:t] and [t:k])² where it is largest
    over t and k, and that t. The k lets a part that is up and then down again be found: its two
    steps together would hide one another. Of a long series k takes MOST_ENDS values.
    """
    n = rows.shape[1]
    sums = np.cumsum(rows, axis=1)
    best, place = np.zeros(len(rows)), np.zeros(len(rows), dtype=int)
    few = min(n - 2 * least + 1, MOST_ENDS)
    for k in np.linspace(2 * least, n, few).round().astype(int) if few > 0 else ():
        t = np.arange(least, k - least + 1)
        left, all_ = sums[:, t - 1], sums[:, k - 1 : k]
        gain = t * (k - t) / k * (left / t - (all_ - left) / (k - t)) ** 2
        at = gain.argmax(axis=1)
        here = gain[np.arange(len(rows)), at]
        place = np.where(here > best, t[at], place)
        best = np.maximum(best, here)
    return best, place


def _share_as_good(
    parts: Sequence[np.ndarray],
    seen: float,
    level: float,
    least: int,
    random: np.random.Generator,
) -> float:
    """Of random orders within each part, those with a split as good: the p of what was seen."""
    share = 1.0
    for draws in (DRAWS, MORE_DRAWS):
        best = np.zeros(draws)
        for part in parts:
            rows = random.permuted(np.tile(part, (draws, 1)), axis=1)
            best = np.maximum(best, _best_split(rows, least)[0])
        share = float((1 + (best >= seen * (1 - 1e-9)).sum()) / (1 + draws))
        if share > 2 * level:
            break
    return share


def _step(before: np.ndarray, after: np.ndarray, at: int, p: float, rank: int) -> Step:
    from scipy.special import stdtrit  # noqa: PLC0415 a tenth of a second, for those who need it

    gap = float(after.mean() - before.mean())
    errors = [float(v.var(ddof=1)) / len(v) for v in (before, after)]
    half, total = 0.0, sum(errors)
    if total > 0:
        counts = (len(before), len(after))
        freedom = total**2 / sum(e**2 / (n - 1) for e, n in zip(errors, counts, strict=True))
        half = float(stdtrit(freedom, (1 + INTERVAL) / 2)) * total**0.5
    ratio = Estimate(exp(gap), exp(gap - half), exp(gap + half), INTERVAL)
    return Step(at, exp(before.mean()), exp(after.mean()), ratio, p, rank)
