import pytest

from attnbench import measure
from attnbench.errors import UnmeasuredError
from attnbench.measure._bench import Bench
from tests.measure.conftest import TRIAL
from tests.measure.scripted import Scripted


def test_energy_is_joules_an_image_and_net_of_what_is_drawn_when_idle(bench_on):
    # 1/128 s a step at 300 W over two images; 80 W of them are drawn anyway. A pause is looked at
    # every 10 ms, so its ends are that uncertain.
    device = Scripted([1 / 128], idle=80.0, busy=300.0, update=1 / 64)
    found = measure.readings("energy", bench_on(device))

    assert found["energy"].samples == pytest.approx((300 / 128 / 2,))
    assert found["energy.net"].samples == pytest.approx((220 / 128 / 2,), rel=0.01)
    assert found["energy.idle"].samples == pytest.approx((80.0, 80.0), rel=0.02)
    assert found["energy.idle"].unit == "W"
    assert "SM clock 1980 MHz" in found["energy"].notes[0]


def test_the_window_is_two_seconds_at_least(bench_on):
    device = Scripted([0.010], idle=80.0)

    measure.readings("energy", bench_on(device))

    assert len(device.worked) * 0.010 >= 2.0


def test_a_counter_that_moves_too_seldom_is_refused_with_how_often_it_did(bench_on):
    with pytest.raises(UnmeasuredError, match=r"moved (19|20) times in 10 s; 21 moves"):
        measure.readings("energy", bench_on(Scripted([0.010], idle=80.0, update=0.52)))


def test_a_slow_step_is_enough_of_a_window_by_itself(bench_on):
    device = Scripted([6.0], idle=80.0, busy=300.0, update=0.5)

    found = measure.readings("energy", bench_on(device))

    assert found["energy"].samples == pytest.approx((300 * 6.0 / 2,))


def test_without_a_counter_nothing_is_run(bench_on):
    device = Scripted()

    with pytest.raises(UnmeasuredError, match="Scripted has no energy counter"):
        measure.readings("energy", bench_on(device))
    assert device.log == []


def test_a_cpu_has_no_counter():
    with pytest.raises(UnmeasuredError, match="no energy counter for a CPU"):
        measure.readings("energy", Bench(TRIAL))
