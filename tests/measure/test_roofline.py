from dataclasses import replace

import pytest
import torch

from attnbench import measure
from attnbench.heads._by_offset import attend_by_offset
from attnbench.measure import _ceilings, roofline
from attnbench.measure._bench import Bench
from attnbench.measure._ceilings import Ceilings
from attnbench.measure._dispatch import Work
from attnbench.trial import Shape, Trial
from tests.measure.conftest import SHORT
from tests.measure.scripted import Scripted

TRIAL = Trial("fcn", Shape(2, 16, 6, 5), device="cpu")
PIXELS = 2 * 6 * 5
FLOPS = 2 * 9 * 16 * 16 * PIXELS  # of the 3x3 convolution
BYTES = 4 * (2 * 16 * PIXELS + 9 * 16 * 16 + 4 * 16) + 8  # maps; weights; batch norm, its counter
GRADIENTS = 4 * (2 * 16 * PIXELS + 9 * 16 * 16 + 2 * 16)  # of both maps and all that learns


@pytest.fixture
def under(monkeypatch):
    """Readings of a head of 10 ms a step under made-up ceilings."""

    def read(flops_a_second, bytes_a_second, trial=TRIAL):
        top = Ceilings(bytes_a_second, products=flops_a_second / 2, convolution=flops_a_second)
        monkeypatch.setattr(roofline, "ceilings", lambda *_: top)
        bench = Bench(trial, SHORT)
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


@pytest.mark.parametrize(
    ("flops_a_second", "bytes_a_second", "floor"),
    [
        (FLOPS / 0.001, BYTES / 0.0001, 0.003),  # each gradient of a product is one more
        (FLOPS / 0.0001, (BYTES + GRADIENTS) / 0.002, 0.002),
    ],
)
def test_the_floors_of_training_are_of_both_passes(under, flops_a_second, bytes_a_second, floor):
    found = under(flops_a_second, bytes_a_second, trial=replace(TRIAL, mode="training"))

    assert found[".floor"].samples == pytest.approx((floor,))
    assert found[""].samples == pytest.approx((0.010 / floor,))


@pytest.mark.parametrize("head", ["self_attention", "non_local", "ann"])
def test_a_product_of_two_that_learn_has_two_on_the_way_back(head):
    assert work(head, "eager", "training") == 3 * work(head, "eager", "inference")


def test_what_is_not_differentiated_has_no_product_on_the_way_back():
    forward, steps = work("ema", "eager", "inference"), 2 * 3 * 2 * 30 * 16 * 64

    # Of three iterations each has two products, and of the last one only their result learns.
    assert 3 * (forward - steps) <= work("ema", "eager", "training") < 3 * forward


def test_a_fused_kernel_makes_the_logits_again():
    k, pairs = 8, 2 * 30 * 30
    eager, fused = (work("self_attention", kernel, "training") for kernel in ("eager", "fused"))

    assert fused - eager == pairs * k


def test_logits_of_offsets_are_made_again_too():
    h, w, inner, width = 5, 6, 4, 3
    hidden = torch.rand(2, inner, h, w, requires_grad=True)
    weight = torch.rand(2 * h - 1, 2 * w - 1, inner, requires_grad=True)
    value = torch.rand(2, width, h, w, requires_grad=True)
    with Work() as forward:
        y = attend_by_offset(hidden, weight, value, collect=True)
    with Work() as back:
        y.sum().backward()

    # Each pixel has an offset to each row, of all columns that there may be.
    logits, context = 2 * h * h * w * (2 * w - 1) * inner, 2 * (h * w) ** 2 * width
    assert forward.macs == logits + context
    assert back.macs == 3 * logits + 2 * context


def work(head, kernel, mode):
    """Multiply-adds of a step."""
    bench = Bench(replace(TRIAL, head=head, kernel=kernel, mode=mode))
    return roofline._needed(bench)[0] // 2


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
