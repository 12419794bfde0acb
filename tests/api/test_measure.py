"""Any module measured in this process: numbers by arithmetic, and nothing of it is changed."""

from threading import Lock

import pytest
import torch
from torch import nn

import attnbench
from attnbench import stats
from attnbench.api.measured import Quantity
from attnbench.errors import AttnbenchError, DeviceError, HeadError, SuiteError, UnknownNameError
from attnbench.record import Reading

SHAPE = (2, 16, 6, 5)
QUICK = attnbench.Budget(max_seconds=0.01, warmup_seconds=0.0, min_sample_seconds=0.0)


class Pointwise(nn.Module):
    """16 to 8 channels, as no head of the registry has it."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(16, 8, 1)
        self.norm = nn.BatchNorm2d(8)

    def forward(self, x):
        return self.norm(self.conv(x))


class Looks(nn.Module):
    """Its work depends on its data."""

    def forward(self, x):
        return x if x.sum().item() > 0 else -x


def test_counts_and_predicted_bytes_are_those_of_arithmetic():
    found = attnbench.measure(
        nn.Conv2d(16, 8, 1), SHAPE, metrics=["params", "counted", "memory_predicted"]
    )

    pixels = 2 * 6 * 5
    weights = 16 * 8 + 8
    assert found["params"].value == weights
    assert found["macs.counted"].value == pixels * 16 * 8
    assert found["memory_predicted"].value == 4 * pixels * 8
    assert found["memory_predicted.baseline"].value == 4 * (weights + pixels * 16)
    assert (found["params"].low, found["params"].high) == (weights, weights)


def test_a_step_of_another_output_size_is_timed_in_both_modes():
    for mode in ("inference", "training"):
        found = attnbench.measure(
            Pointwise(), SHAPE, metrics=["latency", "memory"], mode=mode, budget=QUICK
        )

        assert not found.unmeasured
        assert found["latency"].unit == "s"
        assert found["latency"].origin == "measured"
        assert min(found["latency"].samples) > 0
        assert found["memory"].value >= 4 * 2 * 30 * 8


def test_the_module_and_the_process_are_afterwards_as_they_were():
    module = Pointwise()
    nn.init.zeros_(module.conv.bias)  # what starts at zero is woken, in the copy
    before = {name: value.clone() for name, value in module.state_dict().items()}
    torch.manual_seed(7)
    torch.backends.cudnn.allow_tf32 = True

    attnbench.measure(
        module, SHAPE, metrics=attnbench.api.measuring.METRICS[:-1], mode="training", budget=QUICK
    )

    assert torch.initial_seed() == 7
    assert torch.equal(torch.rand(3), torch.manual_seed(7) and torch.rand(3))
    assert torch.backends.cudnn.allow_tf32
    assert module.training
    assert all(p.grad is None for p in module.parameters())
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_the_type_is_that_of_the_weights_or_the_one_that_is_asked_for():
    module = nn.Conv2d(16, 8, 1).double()
    metrics = ["memory_predicted"]

    assert attnbench.measure(module, SHAPE, metrics=metrics).trial.dtype == "float64"
    found = attnbench.measure(module, SHAPE, metrics=metrics, dtype="bfloat16")
    assert found["memory_predicted"].value == 2 * 2 * 30 * 8
    assert module.weight.dtype == torch.float64


def test_what_cannot_run_without_data_is_timed_and_its_counts_say_why_they_are_missing():
    found = attnbench.measure(Looks(), SHAPE, budget=QUICK)

    assert "latency" in found
    assert found["params"].value == 0
    assert set(found.unmeasured) == {"counted", "memory_predicted"}
    assert "tensors without data" in found.unmeasured["counted"]
    with pytest.raises(AttnbenchError, match=r"macs.counted was not measured: .*without data"):
        found["macs.counted"]
    with pytest.raises(UnknownNameError, match="unknown reading 'latancy'; did you mean 'latency'"):
        found["latancy"]


def test_a_step_that_does_not_fit_the_memory_is_not_begun():
    found = attnbench.measure(nn.Conv2d(16, 16, 1), (1, 16, 200_000, 200_000))

    assert found["macs.counted"].value == 16 * 16 * 200_000**2
    assert "that are free" in found.unmeasured["latency"]


def test_a_metric_that_this_device_has_not_says_why():
    found = attnbench.measure(Looks(), SHAPE, metrics=["energy", "latency_graph"], budget=QUICK)

    assert len(found) == 0
    assert "NVIDIA" in found.unmeasured["energy"]
    assert "CUDA" in found.unmeasured["latency_graph"]


def test_what_the_module_raises_comes_through():
    with pytest.raises(RuntimeError, match="16 channels"):
        attnbench.measure(nn.Conv2d(16, 8, 1), (1, 17, 6, 5), metrics=["latency"])


class Pair(nn.Module):
    def forward(self, x):
        return x, x


class Locked(nn.Module):
    def __init__(self):
        super().__init__()
        self.lock = Lock()


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"module": "ema"}, HeadError, "'ema': a module is an instance of torch.nn.Module"),
        ({"module": nn.ReLU}, HeadError, "instance of torch.nn.Module"),
        ({"module": Pair()}, HeadError, "Pair: returns a tuple; measure a module that returns one"),
        ({"module": Locked()}, HeadError, "Locked: cannot be copied to be measured: cannot pickle"),
        ({"shape": (16, 6, 5)}, SuiteError, r"shape = \(16, 6, 5\): expected \(N, C, H, W\)"),
        ({"shape": (2, 16, 6, 0)}, SuiteError, r"expected \(N, C, H, W\)"),
        ({"shape": 64}, SuiteError, r"shape = 64: expected \(N, C, H, W\)"),
        ({"metrics": ["latancy"]}, UnknownNameError, "metric 'latancy'; did you mean 'latency'"),
        ({"metrics": ["accuracy"]}, UnknownNameError, "unknown metric 'accuracy'"),
        ({"metrics": "latency"}, AttnbenchError, r"write a list, as in \('latency',\)"),
        ({"mode": "train"}, UnknownNameError, "unknown mode 'train'; did you mean 'training'"),
        ({"dtype": "float8"}, UnknownNameError, "unknown dtype 'float8'"),
        ({"dtype": "tf32"}, SuiteError, "a CPU does not"),
        ({"device": "tpu"}, DeviceError, "device 'tpu' is not there; this machine has: cpu"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(wrong, error, message):
    module = wrong.pop("module", nn.ReLU())
    shape = wrong.pop("shape", SHAPE)

    with pytest.raises(error, match=message) as raised:
        attnbench.measure(module, shape, **{"budget": QUICK} | wrong)

    assert "\n" not in str(raised.value)


def test_a_reading_of_samples_has_their_median_with_the_interval_of_blocks():
    samples = tuple(1.0 + (n * 7 % 11) / 100 for n in range(24))
    found = Quantity.of("latency", Reading(samples, "s", "lower", "measured"))
    expected = stats.blocked_median(samples)

    assert (found.value, found.low, found.high) == (expected.value, expected.low, expected.high)
    assert str(Quantity.of("params", Reading((1234,), "", "lower", "counted"))).startswith(
        "params 1\u202f234"
    )


def test_hostile_names_are_escaped_in_a_notebook_and_harmless_on_a_terminal():
    evil = type("<script>\x1b[2J\u202e", (nn.ReLU,), {})
    found = attnbench.measure(evil(), SHAPE, metrics=["params", "energy"])
    page = found._repr_html_()

    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    for shown in (page, str(found), repr(found)):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    assert "not measured" in page
    assert "<td" in page


def test_a_notebook_prints_the_same_text_as_a_terminal(monkeypatch):
    found = attnbench.measure(nn.ReLU(), SHAPE, metrics=["params"])
    text = str(found)
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)

    assert "params" in text
    assert str(found) == text
