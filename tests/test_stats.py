import math

import numpy as np
import pytest

from attnbench import stats


def test_the_median_of_six_is_bounded_by_its_extremes():
    # [min, max] misses the median with 2 · (1/2)^6 = 3.1 %; the next pair with 2 · 7/64 = 22 %.
    found = stats.median([3, 1, 2, 6, 5, 4])

    assert (found.value, found.low, found.high) == (3.5, 1, 6)


def test_the_median_of_five_has_no_interval_at_95_per_cent():
    assert not stats.median([1, 2, 3, 4, 5]).known


def test_the_interval_of_the_median_covers_at_its_level():
    draws = np.random.default_rng(0).lognormal(size=(2000, 15))

    covered = np.mean([e.low <= 1.0 <= e.high for e in map(stats.median, draws)])

    assert covered >= 0.95  # order statistics are conservative: 96.5 % for n = 15


def test_the_interval_of_a_mean_covers_at_its_level():
    draws = np.random.default_rng(1).normal(size=(4000, 4))

    covered = np.mean([e.low <= 0 <= e.high for e in map(stats.mean, draws)])

    assert covered == pytest.approx(0.95, abs=0.012)


def test_students_interval_by_the_table():
    # t(0.975, 2) = 4.302653; the deviation of 1, 2, 3 is 1.
    found = stats.mean([1, 2, 3])

    assert found.high - found.value == pytest.approx(4.302653 / math.sqrt(3), rel=1e-6)


def test_a_ratio_is_of_paired_rounds():
    # Both rounds double, whatever the machine did in between.
    found = stats.ratio([2, 20, 200], [1, 10, 100])

    assert (found.value, found.low, found.high) == pytest.approx((2, 2, 2))


def test_samples_that_do_not_follow_one_another_are_blocks_of_one():
    values = [1.0, 2.0] * 10  # each is unlike its neighbour

    assert stats.blocked_median(values) == stats.median(values)


def test_samples_in_runs_have_the_interval_of_the_runs():
    # Eight levels, each held for 16 samples, in an order in which neighbours are unlike: the
    # median of 128 independent samples would be known far better than that of eight levels.
    levels = [1.0, 5.0, 2.0, 6.0, 3.0, 7.0, 4.0, 8.0]
    values = [level for level in levels for _ in range(16)]

    found, naive = stats.blocked_median(values), stats.median(values)

    assert found.value == naive.value == 4.5
    assert (found.low, found.high) == (1.0, 8.0)  # of eight, all: 1 - 2/256 covers at 95 %
    assert naive.high - naive.low < 3


def test_a_drift_has_no_interval():
    assert not stats.blocked_median([float(i) for i in range(64)]).known


def test_spread_is_the_distance_of_the_quartiles():
    assert stats.spread([1, 2, 3, 4, 5]) == pytest.approx(2 / 3)


@pytest.mark.parametrize(("q", "needed"), [(0.9, 29), (0.95, 59), (0.99, 299)])
def test_a_high_quantile_needs_enough_samples(q, needed):
    assert math.isnan(stats.quantile_bound(range(needed - 1), q))
    assert stats.quantile_bound(range(needed), q) == needed - 1


def test_the_bound_of_the_median_is_not_the_largest():
    # Of ten, the median is above the eighth with P(Binomial(10, 1/2) >= 9) = 11/1024 = 1.1 %,
    # above the seventh with 56/1024 = 5.5 %.
    assert stats.quantile_bound(range(1, 11), 0.5) == 9


def test_sign_flip_counts_the_flips_that_are_as_far_from_zero():
    assert stats.sign_flip([1, 2, 3]) == 2 / 8  # all plus, all minus
    assert stats.sign_flip([1, -1]) == 1.0
    assert stats.sign_flip([1.0] * 8) == 2 / 256


def test_sign_flip_of_many_pairs_is_drawn():
    assert stats.sign_flip([1.0] * 20) == pytest.approx(0, abs=1e-3)
    assert stats.sign_flip([1.0, -1.0] * 10) == 1.0


def test_more_rounds_show_smaller_differences():
    few, many = stats.detectable(0.05, 4), stats.detectable(0.05, 16)

    assert many < few / 2
    assert stats.detectable(0.0, 4) == 0
    assert stats.detectable(0.05, 1) == math.inf


def test_a_difference_is_claimed_beyond_the_margin_only():
    # Eight rounds, each with its own drift: 3 % more in each, within half a per cent.
    under = [1.0, 1.4, 0.8, 1.1, 2.0, 0.9, 1.2, 1.3]
    over = [u * r for u, r in zip(under, [1.03, 1.035, 1.025, 1.03] * 2, strict=True)]

    assert stats.differs(over, under)
    assert stats.differs(under, over)
    assert not stats.differs(over, under, margin=0.03)
    assert not stats.differs(under, under)


def test_four_rounds_are_too_few_to_claim_a_difference():
    assert not stats.differs([2.0, 2.0, 2.1, 2.0], [1.0, 1.0, 1.0, 1.0])  # p is 2/16 at least


def test_a_ratio_of_sides_that_are_not_paired_is_welchs():
    from scipy.stats import ttest_ind

    over, under = (1.1, 1.3, 1.2, 1.25), (0.9, 1.0, 0.8)

    found = stats.unpaired_ratio(over, under)

    other = ttest_ind(np.log(over), np.log(under), equal_var=False).confidence_interval(0.95)
    assert found.value == pytest.approx(np.exp(np.log(over).mean() - np.log(under).mean()))
    assert (found.low, found.high) == pytest.approx((np.exp(other.low), np.exp(other.high)))


def test_an_unpaired_ratio_of_one_round_has_no_interval_and_one_of_equal_rounds_no_width():
    assert not stats.unpaired_ratio([2.0], [1.0, 1.1]).known
    assert stats.unpaired_ratio([2.0, 2.0], [1.0, 1.0]).exact


@pytest.mark.parametrize("rounds", [*range(1, 20), 200])
def test_means_of_many_are_the_mean_of_each_to_the_bit(rounds):
    random = np.random.default_rng(rounds)
    rows = random.lognormal(size=(30, rounds)).tolist()
    rows.insert(7, [1.0] * (rounds + 1))

    assert list(map(repr, stats.means(rows))) == [repr(stats.mean(row)) for row in rows]
    assert stats.means([]) == []


@pytest.mark.parametrize("seed", range(5))
def test_rank_correlation_is_that_of_scipy(seed):
    from scipy.stats import spearmanr

    random = np.random.default_rng(seed)
    one, other = random.integers(0, 9, (2, 20)).tolist()  # some of them equal

    assert stats.rank_correlation(one, other) == pytest.approx(spearmanr(one, other)[0], abs=1e-15)


def test_rank_correlation_with_what_never_varies_is_not_known():
    assert math.isnan(stats.rank_correlation([1, 2, 3], [5, 5, 5]))
    assert stats.rank_correlation([1, 2, 3], [10, 100, 1000]) == pytest.approx(1)
    assert stats.rank_correlation([1, 2, 2, 4], [4, 2, 2, 1]) == pytest.approx(-1)
