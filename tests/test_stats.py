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


def test_an_exact_power_has_its_exponent_and_no_width():
    law = stats.power_law([1, 2, 4, 8], [[5 * n**1.5 for n in (1, 2, 4, 8)]])

    assert law.exponent.value == pytest.approx(1.5)
    assert law.exponent.high - law.exponent.low < 1e-9
    assert law.scale == pytest.approx(5)
    assert law.residual == pytest.approx(1)


def test_a_mixed_cost_shows_its_misfit_and_its_local_exponents():
    # 5 N² + 4000 N at sides 16 to 128: between the last two, log4(389120000 / 99614720...) by hand.
    sizes = [256, 1024, 4096, 16384]
    cost = [5 * n * n + 4000 * n for n in sizes]
    law = stats.power_law(sizes, [cost], exact=True)

    assert law.exponent.value == pytest.approx(1.67, abs=0.01)
    assert law.exponent.low < 1.5
    assert law.exponent.high > 1.85
    assert law.last.value == pytest.approx(math.log(cost[3] / cost[2]) / math.log(4))
    assert [e.value for e in law.local] == sorted(e.value for e in law.local)


def test_the_last_doubling_reaches_back_to_half_of_the_largest_size():
    sizes = [100, 200, 300, 400]
    law = stats.power_law(sizes, [[n**2 if n < 400 else 4 * 200**2 for n in sizes]])

    assert law.last.value == pytest.approx(2)


def test_rounds_that_disagree_widen_the_exponent():
    sizes = [1, 2, 4]
    law = stats.power_law(sizes, [[n**a for n in sizes] for a in (0.9, 1.0, 1.1)])

    assert law.exponent.value == pytest.approx(1.0)
    assert law.exponent.high - 1.0 == pytest.approx(4.302653 * 0.1 / math.sqrt(3), rel=1e-5)


def test_two_sizes_make_no_law():
    with pytest.raises(ValueError, match="three sizes"):
        stats.power_law([1, 2], [[1, 2]])


def test_a_ratio_is_of_paired_rounds():
    # Both rounds double, whatever the machine did in between.
    found = stats.ratio([2, 20, 200], [1, 10, 100])

    assert (found.value, found.low, found.high) == pytest.approx((2, 2, 2))


def test_costs_cross_where_their_power_laws_do():
    sizes = [16, 64, 256, 1024]
    found = stats.crossing(sizes, [[n**2 for n in sizes]], [[100 * n for n in sizes]])

    assert found.value == pytest.approx(100)
    assert found.exact


def test_what_never_becomes_cheaper_crosses_at_infinity():
    assert stats.crossing([1, 10], [[1, 1]], [[2, 2]]).value == math.inf


def test_what_is_cheaper_from_the_start_crosses_at_the_first_size():
    assert stats.crossing([4, 10], [[2, 2]], [[1, 1]]).value == pytest.approx(4)


def test_the_crossing_of_noisy_rounds_has_an_interval_around_it():
    rng = np.random.default_rng(2)
    sizes = [16, 64, 256, 1024]
    noise = rng.lognormal(sigma=0.05, size=(2, 5, 4))
    dense = [[n**2 * e for n, e in zip(sizes, row, strict=True)] for row in noise[0]]
    other = [[100 * n * e for n, e in zip(sizes, row, strict=True)] for row in noise[1]]
    found = stats.crossing(sizes, dense, other)

    assert found.low < found.value < found.high
    assert found.low < 100 < found.high
