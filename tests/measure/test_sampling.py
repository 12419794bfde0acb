import pytest

from attnbench.measure._sampling import sample
from attnbench.trial import Budget


def clock(seconds, calls):
    """A timer that takes no time: each call costs the next of `seconds`, the last one for ever."""

    def timer(n):
        calls.append(n)
        return n * (seconds.pop(0) if len(seconds) > 1 else seconds[0])

    return timer


def budget(**more):
    told = {"min_samples": 3, "max_seconds": 0.0, "min_sample_seconds": 0.0, "warmup_seconds": 0.0}
    return Budget(**(told | more))


def test_short_calls_are_timed_together_until_the_clock_can_be_trusted():
    calls = []

    found = sample(clock([0.001], calls), budget(min_sample_seconds=0.008))

    assert calls == [1, 2, 4, 8, 8, 8, 8]
    assert found.calls == 8
    assert found.values == pytest.approx((0.001,) * 3)


def test_warm_up_goes_by_time():
    calls = []

    sample(clock([0.25], calls), budget(warmup_seconds=1.0))

    assert calls == [1] * (4 + 3)  # a second of warm-up, whose last call also calibrates; samples


def test_a_call_that_was_made_before_is_the_warm_up_of_a_slow_head():
    calls = []

    sample(clock([2.0], calls), budget(warmup_seconds=1.0), warmed=2.0)

    assert calls == [1, 1, 1]


def test_sampling_ends_when_the_median_is_known_to_the_asked_precision():
    # Six equal samples bound the median by themselves.
    found = sample(clock([0.1], []), budget(max_seconds=60, precision=0.01))

    assert found.stopped == "precision reached"
    assert len(found.values) == 3


def test_sampling_ends_when_the_budget_is_spent():
    seconds = [1.0] + [1.0, 2.0] * 50  # the first one is warm-up

    found = sample(clock(seconds, []), budget(max_seconds=9.0, precision=0.001))

    assert found.stopped == "budget spent"
    assert sum(found.values) == pytest.approx(9.0)


def test_a_slow_head_still_gets_its_smallest_number_of_samples():
    found = sample(clock([20.0, 20.0, 21.0, 22.0], []), budget(max_seconds=0.1))

    assert len(found.values) == 3
