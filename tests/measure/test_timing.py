import pytest

from attnbench.measure._timing import QUEUED, cold, gapless, hot
from tests.measure.scripted import Scripted


def test_calls_back_to_back_take_what_a_loop_sees():
    device = Scripted([0.002], host=0.0001)

    lap = hot(device, device.step)(10)

    assert lap.seconds == pytest.approx(0.0001 + 10 * 0.002)  # the device waits for the first
    assert lap.host == pytest.approx(10 * 0.0001)
    assert "flush" not in str(device.log)


def test_back_to_back_a_slow_host_is_in_the_time():
    device = Scripted([0.001], host=0.003)

    assert hot(device, device.step)(10).seconds == pytest.approx(10 * 0.003 + 0.001)


def test_without_gaps_a_slow_host_is_not_in_the_time():
    device = Scripted([0.001], host=0.003)

    lap = gapless(device, device.step, host=0.003)(10)

    assert lap.seconds == pytest.approx(10 * 0.001)
    assert lap.host == pytest.approx(10 * 0.003)


def test_no_more_calls_are_queued_than_the_device_takes():
    device = Scripted([0.001], host=0.003)

    gapless(device, device.step, host=0.003)(QUEUED + 2)

    held = [("hold", round(2 * 0.003 * n, 9)) for n in (QUEUED, 2)]
    assert device.log == [held[0], *["step"] * QUEUED, held[1], "step", "step"]


def test_the_cache_is_flushed_by_its_size_before_every_cold_call_and_not_in_its_time():
    device = Scripted([0.001], host=0.0002, cache_bytes=52_428_800)

    lap = cold(device, device.step, host=0.0002)(3)

    assert device.log == [("flush", 52_428_800), ("hold", 0.0004), "step"] * 3
    assert lap.seconds == pytest.approx(3 * 0.001)


def test_a_lap_knows_what_slowed_the_device_down():
    device = Scripted([0.001], slowed=[("thermal slowdown by the hardware",)])

    for laps in (
        hot(device, device.step),
        gapless(device, device.step, 0),
        cold(device, device.step, 0),
    ):
        assert laps(1).state.slowed == ("thermal slowdown by the hardware",)
