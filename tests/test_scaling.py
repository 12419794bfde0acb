"""Power laws through costs, and where costs cross: from curves that are known on paper."""

import math

import numpy as np
import pytest

from attnbench import scaling


def test_an_exact_power_has_its_exponent_and_no_width():
    law = scaling.power_law([1, 2, 4, 8], [[5 * n**1.5 for n in (1, 2, 4, 8)]])

    assert law.exponent.value == pytest.approx(1.5)
    assert law.exponent.high - law.exponent.low < 1e-9
    assert law.scale == pytest.approx(5)
    assert law.residual == pytest.approx(1)


def test_a_mixed_cost_shows_its_misfit_and_its_local_exponents():
    # 5 N² + 4000 N at sides 16 to 128: between the last two, log4(389120000 / 99614720...) by hand.
    sizes = [256, 1024, 4096, 16384]
    cost = [5 * n * n + 4000 * n for n in sizes]
    law = scaling.power_law(sizes, [cost], exact=True)

    assert law.exponent.value == pytest.approx(1.67, abs=0.01)
    assert law.exponent.low < 1.5
    assert law.exponent.high > 1.85
    assert law.last.value == pytest.approx(math.log(cost[3] / cost[2]) / math.log(4))
    assert [e.value for e in law.local] == sorted(e.value for e in law.local)


def test_the_last_doubling_reaches_back_to_half_of_the_largest_size():
    sizes = [100, 200, 300, 400]
    law = scaling.power_law(sizes, [[n**2 if n < 400 else 4 * 200**2 for n in sizes]])

    assert law.last.value == pytest.approx(2)


def test_rounds_that_disagree_widen_the_exponent():
    sizes = [1, 2, 4]
    law = scaling.power_law(sizes, [[n**a for n in sizes] for a in (0.9, 1.0, 1.1)])

    assert law.exponent.value == pytest.approx(1.0)
    assert law.exponent.high - 1.0 == pytest.approx(4.302653 * 0.1 / math.sqrt(3), rel=1e-5)


def test_two_sizes_make_no_law():
    with pytest.raises(ValueError, match="three sizes"):
        scaling.power_law([1, 2], [[1, 2]])


def test_costs_cross_where_their_power_laws_do():
    sizes = [16, 64, 256, 1024]
    found = scaling.crossing(sizes, [[n**2 for n in sizes]], [[100 * n for n in sizes]])

    assert found.value == pytest.approx(100)
    assert found.exact


def test_what_never_becomes_cheaper_crosses_at_infinity():
    assert scaling.crossing([1, 10], [[1, 1]], [[2, 2]]).value == math.inf


def test_what_is_cheaper_from_the_start_crosses_at_the_first_size():
    assert scaling.crossing([4, 10], [[2, 2]], [[1, 1]]).value == pytest.approx(4)


def test_the_crossing_of_noisy_rounds_has_an_interval_around_it():
    rng = np.random.default_rng(2)
    sizes = [16, 64, 256, 1024]
    noise = rng.lognormal(sigma=0.05, size=(2, 5, 4))
    dense = [[n**2 * e for n, e in zip(sizes, row, strict=True)] for row in noise[0]]
    other = [[100 * n * e for n, e in zip(sizes, row, strict=True)] for row in noise[1]]
    found = scaling.crossing(sizes, dense, other)

    assert found.low < found.value < found.high
    assert found.low < 100 < found.high


def test_a_crossing_is_that_of_the_rounds_drawn_one_by_one():
    random = np.random.default_rng(5)
    sizes = [16, 64, 256, 1024]
    dense = np.array([1.0, 4.0, 16.0, 64.0]) * random.lognormal(0, 0.2, (7, 4))
    other = np.array([6.0, 12.0, 24.0, 48.0]) * random.lognormal(0, 0.2, (7, 4))

    found = scaling.crossing(sizes, dense.tolist(), other.tolist())

    drawn = np.random.default_rng(0).integers(0, 7, (scaling.DRAWS, 7))
    each = [
        scaling.crossing(
            sizes, [np.exp(np.log(dense[d]).mean(0))], [np.exp(np.log(other[d]).mean(0))]
        )
        for d in drawn
    ]
    ends = sorted(e.value for e in each)
    assert found.low == pytest.approx(ends[50])
    assert found.high == pytest.approx(ends[1949])
