"""What a head or a module needs, by the API."""

import pytest
from torch import nn

import attnbench
from attnbench.errors import HeadError, SuiteError, UnknownNameError
from attnbench.heads import HEADS
from attnbench.trial import Shape

SHAPE = (2, 16, 6, 5)


def test_a_head_by_name_is_its_closed_form():
    found = attnbench.predict("ema:bases=8", SHAPE, options={"iterations": 2})

    cost = HEADS["ema"](16, bases=8, iterations=2).cost(Shape(*SHAPE))
    assert (found.macs, found.flops, found.origin) == (cost.macs, cost.flops, "modelled")
    assert found.trial.options == {"bases": 8, "iterations": 2}


@pytest.mark.parametrize("name", ["ema", "gc", "isa"])
def test_a_module_is_predicted_as_the_head_that_it_is(name):
    by_name = attnbench.predict(name, SHAPE)
    by_module = attnbench.predict(HEADS[name](16), SHAPE)

    assert by_module.origin == "counted"
    for field in ("params", "frozen", "macs", "flops", "inference", "training"):
        assert getattr(by_module, field) == getattr(by_name, field), field


def test_a_module_of_another_output_size_is_predicted_by_arithmetic():
    found = attnbench.predict(nn.Conv2d(16, 8, 1), SHAPE, dtype="bfloat16")

    pixels, weights = 2 * 6 * 5, 16 * 8 + 8
    assert (found.params, found.frozen, found.macs) == (weights, 0, pixels * 16 * 8)
    assert found.inference.memory.baseline == 2 * (weights + pixels * 16)
    assert found.inference.memory.increment == 2 * pixels * 8
    # in training the gradient that comes in is held as well
    assert found.training.memory.baseline == 2 * (weights + pixels * 16 + pixels * 8)


class Looks(nn.Module):
    def forward(self, x):
        return x if x.sum().item() > 0 else -x


@pytest.mark.parametrize(
    ("head", "wrong", "error", "message"),
    [
        ("emma", {}, UnknownNameError, "unknown head 'emma'; did you mean 'ema'"),
        ("ema", {"options": {"base": 2}}, UnknownNameError, "ema 'base'; did you mean 'bases'"),
        ("ema", {"options": {"bases": "many"}}, SuiteError, "expected int"),
        ("gc", {"kernel": "fused"}, SuiteError, "gc has no fused kernel, only eager"),
        ("ema", {"kernel": "compiled"}, SuiteError, "no compiled kernel"),
        ("ema", {"part": "network"}, UnknownNameError, "unknown part 'network'"),
        ("ema", {"dtype": "float8"}, UnknownNameError, "unknown dtype 'float8'"),
        ("ema", {"shape": (1, 2)}, SuiteError, "expected"),
        (nn.ReLU(), {"options": {"bases": 2}}, HeadError, "are of a head by its name"),
        (Looks(), {}, HeadError, "Looks: it does not run on tensors without data"),
        (nn.Conv2d(15, 8, 1), {}, HeadError, "Conv2d: .*channel"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(head, wrong, error, message):
    shape = wrong.pop("shape", SHAPE)
    with pytest.raises(error, match=message) as raised:
        attnbench.predict(head, shape, **wrong)

    assert "\n" not in str(raised.value)


def test_a_notebook_shows_work_memory_and_cards():
    found = attnbench.predict("ema", (1, 512, 64, 64))
    page, text = (s.replace("\u00a0", " ") for s in (found._repr_html_(), str(found)))

    for shown in (page, text):
        assert "ema on 1x512x64x64, float32" in shown
        assert "3.09 GMAC" in shown
        assert "141 GB" in shown
        assert "above, at the peak" in shown
    assert repr(found).startswith("<Prediction ema 1x512x64x64: ")


def test_a_mode_that_the_head_refuses_is_told():
    found = attnbench.predict(
        nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(16)), (1, 16, 6, 5)
    )

    assert found.training.memory is None
    assert "more than 1 value per channel" in found.training.refused
    assert "refused" in found._repr_html_()
    assert "more than 1 value per channel" in str(found)
