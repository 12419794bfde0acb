"""What a head computes, as a record: the same for equal functions, another for others."""

import pytest
import torch
from torch import nn

from attnbench import measure
from attnbench.gate.output import tolerance
from attnbench.heads import HEADS
from attnbench.measure._bench import Bench
from attnbench.measure.output import NUDGES, _computed, _off, _terms, fill, projections
from attnbench.trial import Shape, Trial


def readings(head, **trial):
    shape = Shape(2, 16, 9, 7)
    return measure.readings("output", Bench(Trial(head, shape, device="cpu", **trial)))


@pytest.mark.parametrize("name", list(HEADS))
def test_every_head_computes_the_same_twice(name):
    found = readings(name)

    assert found["output"].samples == readings(name)["output"].samples
    assert found["output"].notes[0] == "output 2x16x9x7 float32"
    assert found["output"].terms["rms"] > 0


@pytest.mark.parametrize(
    "name", ["non_local", "danet", "self_attention", "isa", "ann", "ocr", "psa"]
)
def test_a_fused_kernel_is_within_what_rounding_may_come_to(name):
    """The same function by another order of sums: the tolerance must allow that."""
    eager, fused = readings(name), readings(name, kernel="fused")

    for reading in ("output", "output.gradient"):
        size, allowed = eager[reading].terms["rms"], tolerance(eager[reading], "float32")
        pairs = zip(eager[reading].samples, fused[reading].samples, strict=True)
        assert max(abs(a - b) for a, b in pairs) / size <= allowed < 1e-3


def test_weights_depend_on_names_and_not_on_the_order_of_making():
    class Some(nn.Module):
        def __init__(self, names):
            super().__init__()
            for name in names:
                setattr(self, name, nn.Linear(3, 3))

    one, other = Some(["a", "b"]), Some(["b", "a"])
    fill(one)
    fill(other)

    for name, tensor in one.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name]), name
    assert not torch.equal(one.a.weight, one.b.weight)


def condition(function, x, name="output"):
    class Head(nn.Module):
        def forward(self, x):
            return function(x)

    at = _computed(Head(), [x])[name]
    near = {n: _computed(Head(), [_off(x, "nudge", n)])[name] for n in NUDGES}
    return _terms(at, near)["condition"]


def test_a_condition_is_how_much_more_the_output_moves():
    """x³ moves three times as much as x, and its gradient 3·x² twice."""
    x = torch.rand(1, 4, 5, 5, dtype=torch.float64) + 0.5

    assert condition(lambda x: x**3, x) == pytest.approx(3, rel=0.01)
    assert condition(lambda x: x**3, x, "output.gradient") == pytest.approx(2, rel=0.01)


def test_a_condition_next_to_a_step_is_that_of_the_steepest_place():
    """tanh(4096·(x - 1)) of ones: a nudge of 2^-10 is far beyond the step and hides its slope."""
    x = torch.ones(1, 4, 5, 5, dtype=torch.float64)

    found = condition(lambda x: 1 + torch.tanh(4096 * (x - 1)), x)

    assert found == pytest.approx(4096, rel=0.01)


def test_a_condition_beyond_a_kink_is_that_of_what_lies_there():
    x = torch.ones(1, 4, 5, 5, dtype=torch.float64)

    found = condition(lambda x: x + 100 * (x - 1 - 2.0**-12).relu(), x)

    assert found > 20  # 100 for half of the values, but for the fourth of the way to the kink


def test_a_projection_is_as_large_as_a_value():
    y = torch.randn(4000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    assert 0.3 < sum(p * p for p in projections(y)) / 8 < 3
    assert projections(2 * y) == pytest.approx([2 * p for p in projections(y)])
