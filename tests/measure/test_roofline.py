from dataclasses import replace

import pytest

from attnbench import measure
from attnbench.errors import UnmeasuredError
from attnbench.measure import _ceilings, roofline
from attnbench.measure._bench import Bench
from attnbench.measure._ceilings import Ceilings
from attnbench.trial import Shape, Trial
from tests.measure.conftest import SHORT
from tests.measure.scripted import Scripted

TRIAL = Trial("fcn", Shape(2, 16, 6, 5), device="cpu")
PIXELS = 2 * 6 * 5
FLOPS = 2 * 9 * 16 * 16 * PIXELS  # of the 3x3 convolution
BYTES = 4 * (2 * 16 * PIXELS + 9 * 16 * 16 + 4 * 16) + 8  # maps; weights; batch norm, its counter


@pytest.fixture
def under(monkeypatch):
    """Readings of a head of 10 ms a step under made-up ceilings."""

    def read(flops_a_second, bytes_a_second):
        top = Ceilings(bytes_a_second, products=flops_a_second / 2, convolution=flops_a_second)
        monkeypatch.setattr(roofline, "ceilings", lambda *_: top)
        bench = Bench(TRIAL, SHORT)
        device = Scripted([0.010], cache_bytes=0)
        bench.device = device
        real = bench.real
        real.afresh = device.step
        found = measure.readings("roofline", bench)
        return {name.removeprefix("roofline"): r for name, r in found.items()}

    return read


def test_a_step_with_much_arithmetic_is_bound_by_it(under):
    found = under(flops_a_second=FLOPS / 0.005, bytes_a_second=BYTES / 0.001)

    assert found[".floor"].samples == pytest.approx((0.005,))
    assert found[""].samples == pytest.approx((2.0,))
    assert found[""].notes == ("bound by multiply-adds",)


def test_a_step_with_little_arithmetic_is_bound_by_bytes(under):
    found = under(flops_a_second=FLOPS / 0.001, bytes_a_second=BYTES / 0.004)

    assert found[""].samples == pytest.approx((2.5,))
    assert found[""].notes == ("bound by bytes",)


def test_what_was_attained_and_the_intensity(under):
    found = under(flops_a_second=1e12, bytes_a_second=1e11)

    assert found[".flop_rate"].samples == pytest.approx((FLOPS / 0.010,))
    assert found[".byte_rate"].samples == pytest.approx((BYTES / 0.010,))
    assert found[".intensity"].samples == pytest.approx((FLOPS / BYTES,))
    assert found[".flop_ceiling"].samples == (1e12,)
    assert found[".product_ceiling"].samples == (5e11,)
    assert (found[".flop_rate"].better, found[""].better) == ("higher", "lower")


def test_the_floors_are_of_the_forward_pass():
    with pytest.raises(UnmeasuredError, match="mode inference"):
        measure.readings("roofline", Bench(replace(TRIAL, mode="training"), SHORT))


def test_a_ceiling_is_the_fastest_of_all_samples(monkeypatch):
    # Of products of 8 and 16 and a convolution, each call takes 1 s: the largest work is fastest.
    monkeypatch.setattr(_ceilings, "SIDES", {"cpu": (8, 16)})
    monkeypatch.setattr(_ceilings, "MAP", {"cpu": 1})
    monkeypatch.setattr(_ceilings, "COPIED", {"cpu": 1000})
    device = Scripted([1.0])

    class Driven(Scripted):
        def mark(self):
            self.step()  # a second between any two marks
            return super().mark()

    device = Driven([1.0])
    top = _ceilings.ceilings(device, TRIAL)

    assert top.bytes_a_second == pytest.approx(2 * 1000)  # read and written
    assert top.products == pytest.approx(2 * 16**3)
    assert top.flops_a_second == pytest.approx(2 * 9 * 512 * 512)


def test_the_ceilings_of_a_device_are_measured_once_a_process(monkeypatch):
    asked = []
    fixed = {"_product": 1.0, "_convolution": 1.0}
    for name, value in fixed.items():
        monkeypatch.setattr(_ceilings, name, lambda *_, v=value: asked.append(v) or v)
    monkeypatch.setattr(_ceilings, "_fastest", lambda *_: asked.append("copy") or 1.0)
    _ceilings._copied.cache_clear()
    _ceilings._multiplied.cache_clear()

    for side in (8, 16):
        bench = Bench(replace(TRIAL, shape=replace(TRIAL.shape, height=side)), SHORT)
        _ceilings.ceilings(bench.device, bench.trial)

    assert len(asked) == 1 + len(_ceilings.SIDES["cpu"]) + 1
    _ceilings._copied.cache_clear()
    _ceilings._multiplied.cache_clear()
