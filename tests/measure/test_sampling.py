import pytest

from attnbench.measure._device import State
from attnbench.measure._sampling import Lap, sample
from attnbench.measure._timing import hot
from attnbench.stopwatch import Stopwatch
from attnbench.trial import Budget
from tests.measure.scripted import Scripted


def clock(seconds, calls=None, slowed=((),)):
    """Laps that take no time: each call costs the next of `seconds`, the last one for ever."""
    seconds, slowed = list(seconds), list(slowed)

    def laps(n):
        if calls is not None:
            calls.append(n)
        each = seconds.pop(0) if len(seconds) > 1 else seconds[0]
        return Lap(n * each, state=State(slowed=slowed.pop(0) if len(slowed) > 1 else slowed[0]))

    return laps


def budget(**more):
    told = {"min_samples": 3, "max_seconds": 0.0, "min_sample_seconds": 0.0, "warmup_seconds": 0.0}
    return Budget(**(told | more))


def test_short_calls_are_timed_together_until_the_clock_can_be_trusted():
    calls = []

    found = sample(clock([0.001], calls), budget(min_sample_seconds=0.008))

    assert calls == [1, 2, 4, 8, 8, 8, 8]
    assert found.calls == 8
    assert found.values == pytest.approx((0.001,) * 3)


def test_a_sample_is_a_hundred_ticks_of_the_clock_at_least():
    calls = []

    sample(clock([0.001], calls), budget(), resolution=0.000_04)

    assert calls == [1, 2, 4, 4, 4, 4]


def test_windows_and_warm_up_are_told_apart():
    device = Scripted([0.25], host=0.0)
    spent = Stopwatch(device.now)

    def laps(calls):  # a second and a half around the calls belong to the window as well
        device.sleep(1.5)
        return hot(device, device.step)(calls)

    with spent.on("other"):
        sample(laps, budget(min_samples=4, warmup_seconds=0.5), spent=spent)
        device.sleep(3.0)

    assert spent.seconds == {"warm-up": 2 * 1.75, "measuring windows": 4 * 1.75, "other": 3.0}


def test_warm_up_goes_by_time():
    calls = []

    sample(clock([0.25], calls), budget(warmup_seconds=1.0))

    assert calls == [1] * (4 + 3)  # a second of warm-up, whose last call also calibrates; samples


def test_warm_up_goes_on_until_calls_are_alike():
    # After nine calls, 7.5 s, the last three took half of the three before. The next look is after
    # half as long again: eight calls, and the last two fives all take 0.5 s.
    seconds = [1.0] * 6 + [0.5] * 100
    calls = []

    found = sample(clock(seconds, calls), budget(warmup_seconds=7.5))

    assert len(calls) == 9 + 8 + 3
    assert found.notes == ()


def test_a_warm_up_that_never_settles_ends_and_says_so():
    rising = [1.0 + 0.1 * i for i in range(200)]

    found = sample(clock(rising), budget(warmup_seconds=20.0))

    assert found.notes == ("warm-up did not settle",)


def test_a_slow_call_that_was_made_before_is_all_the_warm_up():
    calls = []

    sample(clock([2.0], calls), budget(warmup_seconds=1.0, min_sample_seconds=0.01), warmed=2.0)

    assert calls == [1, 1, 1]


def test_a_short_call_that_was_made_before_does_not_calibrate():
    # A first call takes longer than the next ones: 10 ms, then 1 ms, where 8 ms are needed.
    calls = []

    sample(clock([0.001], calls), budget(min_sample_seconds=0.008), warmed=0.01)

    assert calls == [1, 2, 4, 8, 8, 8, 8]


def test_sampling_ends_when_the_median_is_known_to_the_asked_precision():
    found = sample(clock([0.1]), budget(max_seconds=60, precision=0.01))

    assert found.stopped == "precision reached"
    assert len(found.values) == 3


def test_sampling_ends_when_the_budget_is_spent():
    seconds = [1.0] + [1.0, 2.0] * 50  # the first one is warm-up

    found = sample(clock(seconds), budget(max_seconds=9.0, precision=0.001))

    assert found.stopped == "budget spent"
    assert sum(found.values) == pytest.approx(9.0)


def test_sampling_ends_when_the_spread_has_settled():
    # 1 and 2 seconds in turn have the same quartiles however many there are.
    found = sample(clock([1.0] + [1.0, 2.0] * 500), budget(max_seconds=1e9, precision=0.0))

    assert found.stopped == "spread settled"
    assert len(found.values) == 40


def test_a_slow_head_still_gets_its_smallest_number_of_samples():
    found = sample(clock([20.0, 20.0, 21.0, 22.0]), budget(max_seconds=0.1))

    assert len(found.values) == 3


def test_samples_of_a_device_that_was_slowed_down_are_left_out():
    # Warm-up, then eight samples of which the third and the fifth are slow: a quarter.
    slowed = [(), (), (), ("power cap",), (), ("power cap", "power brake"), (), (), ()]
    seconds = [1.0, 1.0, 1.0, 5.0, 1.0, 5.0, 1.0, 1.0, 1.0]

    found = sample(clock(seconds, slowed=slowed), budget(min_samples=6, max_seconds=16.0))

    assert found.values == (1.0,) * 6
    assert found.notes == (
        "slowed down in 2 of 8 samples by power brake (x1), power cap (x2): left out",
    )


def test_when_too_many_are_slowed_down_all_are_kept_and_marked():
    slowed = [(), (), ("power cap",), ("power cap",), ()]
    seconds = [1.0, 1.0, 5.0, 5.0, 1.0]

    found = sample(clock(seconds, slowed=slowed), budget(min_samples=4, max_seconds=1.0))

    assert found.values == (1.0, 5.0, 5.0, 1.0)
    assert found.notes == (
        "slowed down in 2 of 4 samples by power cap (x2): too many to leave out, kept",
    )
