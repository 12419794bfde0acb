import pytest
import torch
from torch import nn

from attnbench import measure
from attnbench.errors import HeadError
from attnbench.heads import HEADS
from attnbench.measure._bench import Bench
from attnbench.measure._step import feature_map
from attnbench.trial import Budget, Shape, Trial

TRIAL = Trial("fcn", Shape(1, 16, 6, 5), device="cpu")
QUICK = Budget(min_samples=3, max_seconds=0, min_sample_seconds=0, warmup_seconds=0)


@pytest.fixture
def fcn_is(monkeypatch):
    """Puts another module in the place of a head."""

    def put(module):
        monkeypatch.setitem(HEADS._entries, "fcn", module)

    return put


class Wrong(nn.Module):
    def __init__(self, channels):
        super().__init__()

    def forward(self, x):
        return x[:, 1:]


class NotANumber(Wrong):
    def forward(self, x):
        return x / 0 - x / 0


def test_an_output_of_another_shape_is_an_error(fcn_is):
    fcn_is(Wrong)
    with pytest.raises(HeadError, match=r"output has shape \(1, 15, 6, 5\), expected .*16"):
        _ = Bench(TRIAL).real


def test_an_output_with_nan_is_an_error(fcn_is):
    fcn_is(NotANumber)
    with pytest.raises(HeadError, match="NaN or infinity"):
        _ = Bench(TRIAL).real


def test_the_input_looks_like_features_after_a_relu():
    torch.manual_seed(0)
    x = feature_map(Trial("fcn", Shape(1, 64, 32, 32)))

    assert (x >= 0).all()
    assert 0.45 < (x > 0).float().mean() < 0.55


def test_the_same_seed_gives_the_same_input():
    one, other = Bench(TRIAL, seed=3).real.x, Bench(TRIAL, seed=3).real.x

    assert torch.equal(one, other)


def test_parameters_that_start_at_zero_are_woken():
    step = Bench(Trial("gc", Shape(1, 16, 6, 5), device="cpu")).real

    assert all(p.any() for p in step.module.parameters())


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_weights_and_input_have_the_type_of_the_trial(dtype):
    step = Bench(Trial("ema", Shape(1, 16, 6, 5), device="cpu", dtype=dtype)).real

    assert {t.dtype for t in [step.x, *step.module.parameters()]} == {getattr(torch, dtype)}


@pytest.mark.parametrize("mode", ["inference", "training"])
def test_latency_keeps_its_samples(mode):
    bench = Bench(Trial("fcn", Shape(1, 16, 6, 5), device="cpu", mode=mode), QUICK)

    reading = measure.readings("latency", bench)["latency"]

    assert len(reading.samples) == 3
    assert all(s > 0 for s in reading.samples)
    assert (reading.unit, reading.origin, reading.better) == ("s", "measured", "lower")
