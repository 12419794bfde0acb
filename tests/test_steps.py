"""Steps: found where they were planted, and not found in noise more often than said."""

from itertools import permutations
from math import log

import numpy as np
import pytest
from scipy.stats import binom

from attnbench import steps as module
from attnbench.steps import LEAST, exact_steps, needed, steps, worth_a_look

NOISE = 0.02  # relative, of a run


def series(*levels_and_counts, seed=0, noise=NOISE):
    random = np.random.default_rng(seed)
    levels = np.concatenate([np.full(n, level, float) for level, n in levels_and_counts])
    return levels * np.exp(random.normal(0, noise, len(levels)))


@pytest.mark.parametrize("spread", ["normal", "heavy"])
def test_noise_has_a_step_as_often_as_the_level_says(spread, monkeypatch):
    monkeypatch.setattr(module, "DRAWS", 199)
    monkeypatch.setattr(module, "MORE_DRAWS", 499)
    random, level, times = np.random.default_rng(1), 0.1, 400
    draw = random.normal if spread == "normal" else random.standard_cauchy

    alarms = sum(bool(steps(np.exp(0.01 * draw(size=16)), level)) for _ in range(times))

    # Two numbers that a rate of `level` leaves once in a thousand times.
    low, high = binom.interval(0.999, times, level)
    assert low <= alarms <= high


@pytest.mark.parametrize("ratio", [1.1, 0.9])
def test_a_step_is_found_within_one_of_its_place_and_others_as_often_as_the_level_says(ratio):
    times, more, covered = 40, 0, 0
    for seed in range(times):
        found = steps(series((4e-3, 12), (4e-3 * ratio, 9), seed=seed))
        (step,) = (s for s in found if abs(s.at - 12) <= 1)
        more += len(found) > 1
        covered += step.ratio.low <= ratio <= step.ratio.high
        assert step.ratio.value == pytest.approx(ratio, rel=0.05)
        assert step.after / step.before == pytest.approx(step.ratio.value)

    # One in a thousand times there are more, or fewer intervals with the ratio in them.
    assert more <= binom.ppf(0.999, times, 0.05)
    assert covered >= binom.ppf(0.001, times, 0.95)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("last", [1.4, 1.0])  # further up; and back again, where both would hide
def test_two_steps_are_found(last, seed):
    found = steps(series((1, 10), (1.2, 10), (last, 10), seed=seed))

    assert len(found) == 2
    assert abs(found[0].at - 10) <= 1
    assert abs(found[1].at - 20) <= 1
    assert found[1].ratio.value == pytest.approx(last / 1.2, rel=0.05)
    assert sorted(s.rank for s in found) == [0, 1]


def test_a_step_of_no_use_is_not_told_and_its_parts_are_one():
    values = series((1, 10), (1.01, 10), (1.3, 10), noise=0.001)

    told = steps(values, margin=0.02)

    assert [s.at for s in steps(values)] == [10, 20]
    assert [s.at for s in told] == [20]
    assert told[0].before == pytest.approx(1.01**0.5, rel=1e-3)
    assert told[0].ratio.value == pytest.approx(1.3 / 1.01**0.5, rel=1e-3)


def test_a_lone_odd_value_is_no_step():
    values = series((1, 20))
    values[9] *= 2

    assert steps(values) == []


def test_a_slope_is_told_in_steps_that_all_go_one_way():
    found = steps(np.linspace(1, 2, 40) * series((1, 40)))

    assert len(found) > 1
    assert all(s.ratio.value > 1 for s in found)


def test_values_that_are_all_the_same_have_no_step():
    assert steps([3.0] * 20) == []
    assert steps([]) == []


def test_a_value_that_has_no_logarithm_is_refused():
    with pytest.raises(ValueError, match="above zero"):
        steps([1.0, 0.0])


@pytest.mark.parametrize("level", [0.05, 0.01, 0.2])
def test_below_the_number_needed_the_clearest_step_is_not_seen_and_from_it_on_it_is(level):
    n = needed(level)
    clear = [1.0 + i / 1e6 for i in range(n // 2)] + [2.0 + i / 1e6 for i in range(n - n // 2)]

    assert [s.at for s in steps(clear, level)] == [n // 2]
    if n > 2 * LEAST:
        assert steps(clear[1:], level) == []


def test_the_number_needed_is_that_of_all_orders():
    values = [1.0, 1.1, 1.2, 5.0, 5.1, 5.2]  # 20 ways to choose the three on the left

    def gain(order):
        rows = np.log(np.array([order]))
        return module._best_split(rows, LEAST)[0][0]

    seen = gain(values)
    every = [gain(order) for order in permutations(values)]
    assert np.mean(np.array(every) >= seen * (1 - 1e-9)) == pytest.approx(2 / 20)
    assert needed(0.1) == 6
    assert needed(0.05) == 8  # 2/20 at six, 2/35 at seven, 2/70 at eight


def test_the_best_split_is_the_largest_difference_of_means():
    rows = np.array([[0, 0, 0, 3, 3, 3, 3.0], [0, 0, 0, 4, 4, 4, 0]])

    gain, place = module._best_split(rows, LEAST)

    assert place.tolist() == [3, 3]
    assert gain.tolist() == pytest.approx([3 * 4 / 7 * 9, 3 * 3 / 6 * 16])  # the second by k = 6


def test_a_count_steps_wherever_it_changes():
    found = exact_steps([5, 5, 10, 10, 0, 3])

    assert [(s.at, s.before, s.after) for s in found] == [(2, 5, 10), (4, 10, 0), (5, 0, 3)]
    assert found[0].ratio.value == 2
    assert found[0].ratio.exact
    assert np.isnan(found[2].ratio.value)


@pytest.mark.parametrize(
    ("p", "kept"),
    [
        ([0.04], [True]),
        ([0.04, 0.9], [False, False]),  # 0.05 / 2
        ([0.02, 0.9], [True, False]),
        ([0.04, 0.03], [True, True]),  # the second of two may be 0.05
        ([0.015, 0.04, 0.03], [True, True, True]),  # by the third, 0.05
        ([], []),
    ],
)
def test_of_many_series_the_share_in_error_is_bounded(p, kept):
    assert worth_a_look(p, 0.05) == kept


def test_the_same_series_gives_the_same_answer():
    values = series((1, 10), (1.05, 10))

    assert steps(values) == steps(values)
    assert log(steps(values)[0].ratio.value) == pytest.approx(log(1.05), abs=0.02)
