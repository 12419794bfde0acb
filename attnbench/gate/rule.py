"""The rule of the timed tier: from log ratios of pairs to an answer. Only numbers, no heads.

x = log(head / base) of the medians of two processes that were measured side by side, the order
within each pair drawn at random. An array x has shape (..., cells, pairs): any number of gates at
once. Reasons and limits are in docs/method.md, "The gate".
"""

from dataclasses import dataclass
from functools import cache
from math import ceil, comb, exp, inf, log, log1p, log2

import numpy as np

from attnbench import stats
from attnbench.errors import SuiteError

CONFIRM_LEVEL = 0.05  # of the one repeat of a cell that was flagged
DEFAULT_PAIRS, FEWEST_PAIRS = 12, 6  # below six there is no interval of a median at 95 %
MOST_PAIRS = stats.EXACT_PAIRS  # of which every choice of signs is tried
POWER, DRAWS = 0.8, 400
CHUNK = 1 << 22  # numbers of a product that are held at once
SHUFFLES = 20_000


@dataclass(frozen=True)
class Tested:
    """What cells show: the median of x with its 95 % interval, and one-sided p of the mean."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p_slower: np.ndarray
    p_faster: np.ndarray

    def __getitem__(self, chosen: np.ndarray) -> "Tested":
        return Tested(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def needed_pairs(cells: int, level: float) -> int:
    """Pairs without which no cell can be flagged: p is never below 2^-pairs, Holm asks level/cells.

    Raises SuiteError for more cells than the exact test can tell at this level.
    """
    needed = max(ceil(log2(max(cells, 1) / level)), FEWEST_PAIRS)
    if needed > MOST_PAIRS:
        most = int(2**MOST_PAIRS * level)
        raise SuiteError(
            f"{cells} timed cells need {needed} pairs at level {level:g}, and {MOST_PAIRS} is what "
            f"the exact test can do: time {most} cells at most, or raise the level"
        )
    return needed


def tested(x: np.ndarray) -> Tested:
    """Of pairs: sign-flip tests of the mean, and the narrowest order statistics of the median."""
    x = np.asarray(x, dtype=float)
    ordered, k = np.sort(x, axis=-1), _rank(x.shape[-1])
    return Tested(np.median(x, axis=-1), ordered[..., k], ordered[..., -1 - k], flips(x), flips(-x))


def flips(x: np.ndarray) -> np.ndarray:
    """One-sided p that the mean of x is not above 0: of all choices of signs, how many give more.

    Exact by design where the order within each pair was drawn at random: under no difference the
    sign of each x is as good as a coin's.
    """
    pairs = x.shape[-1]
    if pairs > MOST_PAIRS:
        raise ValueError(f"{pairs} pairs have too many choices of signs")
    signs, flat = _signs(pairs), x.reshape(-1, pairs)
    p, step = np.empty(len(flat)), max(CHUNK // len(signs), 1)
    for i in range(0, len(flat), step):
        part = flat[i : i + step]
        slack = 1e-12 * np.abs(part).sum(axis=1)  # the sum itself, added up in another order
        p[i : i + step] = (signs @ part.T >= part.sum(axis=1) - slack).mean(axis=0)
    return p.reshape(x.shape[:-1])


def holm(p: np.ndarray, level: float) -> np.ndarray:
    """Which of the p of the last axis are rejected, with a chance of `level` that any is wrongly.

    Source: Holm, A simple sequentially rejective multiple test procedure, 1979.
    """
    order, cells = np.argsort(p, axis=-1), p.shape[-1]
    passes = np.take_along_axis(p, order, -1) <= level / np.arange(cells, 0, -1)
    rejected = np.empty_like(passes)
    np.put_along_axis(rejected, order, np.logical_and.accumulate(passes, axis=-1), -1)
    return rejected


def flagged(first: Tested, level: float, margin: np.ndarray | float) -> np.ndarray:
    """Cells that are to be measured once more: slower for the test, and by more than the margin."""
    return holm(first.p_slower, level) & (first.low > np.log1p(margin))


def confirmed(again: Tested, margin: np.ndarray | float) -> np.ndarray:
    """Of flagged cells measured with fresh pairs: those that are slower. There is no third try."""
    return (again.p_slower <= CONFIRM_LEVEL) & (again.low > np.log1p(margin))


def answers(
    first: Tested, worse: np.ndarray, was_flagged: np.ndarray, level: float,
    margin: np.ndarray | float,
) -> np.ndarray:  # fmt: skip
    """An answer a cell. `same` is earned: the whole interval is within the margin, up and down."""
    bound = np.log1p(margin)
    better = holm(first.p_faster, level) & (first.high < -bound)
    same = (first.low >= -bound) & (first.high <= bound) & ~was_flagged
    return np.select([worse, better, same], ["worse", "better", "same"], "unclear")


def unpaired(base: np.ndarray, head: np.ndarray) -> Tested:
    """Of one cell with logs of process medians that were not taken side by side.

    Means are compared: by shuffling which process was on which side (SHUFFLES draws, or all where
    they are fewer), with Student's interval at the fewer degrees of freedom of the two. What the
    machine drifted between the two runs is taken for a difference of the heads.
    """
    b, h = (np.asarray(v, dtype=float) for v in (base, head))
    both, n = np.concatenate([h, b]), len(h)
    seen = h.mean() - b.mean()
    spread = (h.var(ddof=1) / n + b.var(ddof=1) / len(b)) ** 0.5
    half = spread * stats.student(min(n, len(b)) - 1, (1 + stats.LEVEL) / 2)
    drawn = np.random.default_rng(0).permuted(np.tile(both, (SHUFFLES - 1, 1)), axis=1)
    drawn = np.vstack([both, drawn])
    means = drawn[:, :n].mean(axis=1) - drawn[:, n:].mean(axis=1)
    slack = 1e-12 * np.abs(both).sum()
    least = 1 / min(SHUFFLES, comb(len(both), n))
    slower, faster = ((s * means >= s * seen - slack).mean() for s in (1, -1))
    return Tested(
        *(
            np.array(v)
            for v in (seen, seen - half, seen + half, max(slower, least), max(faster, least))
        )
    )


def needed_processes(cells: int, level: float) -> int | None:
    """Processes a side without which `unpaired` cannot flag any cell, or None where no number will
    do: p is never below one over the ways to deal them to the sides, nor below 1 / SHUFFLES.
    """
    if cells > SHUFFLES * level:
        return None
    sides = range(2, SHUFFLES)
    return next(n for n in sides if comb(2 * n, n) * level >= cells)


def detectable(spread: float, pairs: int, cells: int, level: float, margin: float) -> float:
    """The smallest relative slow-down that both looks together catch with POWER.

    `spread` is the standard deviation of x. By simulation with normal noise, of a cell that is
    alone in being slower, so that Holm asks level/cells of it. Infinite above a factor of ten.
    """
    z = np.random.default_rng(0).standard_normal((2, DRAWS, pairs))

    def caught(effect: float) -> float:
        first, again = (tested(effect + spread * v) for v in z)
        alone = (first.p_slower <= level / cells) & (first.low > log1p(margin))
        return float((alone & confirmed(again, margin)).mean())

    low, high = log1p(margin), log(10)
    if caught(high) < POWER:
        return inf
    while high - low > 0.001:
        middle = (low + high) / 2
        low, high = (low, middle) if caught(middle) >= POWER else (middle, high)
    return exp(high) - 1


@cache
def _signs(pairs: int) -> np.ndarray:
    return 1.0 - 2 * (np.arange(2**pairs)[:, None] >> np.arange(pairs) & 1)


@cache
def _rank(pairs: int) -> int:
    """Which order statistics bound the median: of the ranks themselves they are ranks."""
    low = stats.median(range(pairs)).low
    if np.isnan(low):
        raise ValueError(f"{pairs} pairs give no interval of a median")
    return int(low)
