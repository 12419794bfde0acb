"""Every metric on the whole head, whose output is no longer like its input."""

from pathlib import Path

import pytest
import torch
from torch import nn

from attnbench import measure
from attnbench.errors import HeadError, UnmeasuredError
from attnbench.heads import HEADS, kernels
from attnbench.kinds import CLASSES
from attnbench.measure._bench import Bench
from attnbench.suite_file import override, parse_suite
from attnbench.trial import Budget, Shape, Trial

QUICK = Budget(min_samples=3, max_seconds=0, min_sample_seconds=0, warmup_seconds=0)
SHAPE = Shape(2, 32, 7, 5)
MAP = 4 * 2 * 7 * 5  # bytes of one channel in float32

EVERY = [(n, k) for n in HEADS for k in kernels(n) if k != "compiled"]


def trial(name, shape=SHAPE, **more):
    return Trial(name, shape, part="head", **more)


def readings(metric, name, **more):
    return measure.readings(metric, Bench(trial(name, **more), QUICK))


@pytest.mark.parametrize(("name", "kernel"), EVERY)
def test_closed_form_and_counter_agree(name, kernel):
    modelled, counted = (readings(m, name, kernel=kernel) for m in ("modelled", "counted"))

    for unit in ("macs", "flops"):
        ours, theirs = modelled[f"{unit}.modelled"], counted[f"{unit}.counted"]
        assert ours.samples == theirs.samples
        assert ours.terms == {kind: n for kind, n in theirs.terms.items() if n}
        assert theirs.notes == ()


@pytest.mark.parametrize(("name", "kernel"), EVERY)
def test_every_difference_of_fvcore_is_named_with_its_amount(name, kernel):
    theirs = readings("fvcore", name, kernel=kernel)["macs.fvcore"]
    ours = readings("counted", name, kernel=kernel)["macs.counted"]

    amounts = [int(note.rpartition(": ")[2].split()[0].replace(",", "")) for note in theirs.notes]

    assert theirs.samples[0] - ours.samples[0] == sum(amounts)


@pytest.mark.parametrize("mode", ["inference", "training"])
@pytest.mark.parametrize(("name", "kernel"), EVERY)
def test_predicted_memory_is_what_a_step_on_the_cpu_really_holds(name, kernel, mode):
    predicted = readings("memory_predicted", name, kernel=kernel, mode=mode)
    real = readings("memory", name, kernel=kernel, mode=mode, device="cpu")

    assert {k.removeprefix("memory"): r.samples for k, r in real.items()} == {
        k.removeprefix("memory_predicted"): r.samples for k, r in predicted.items()
    }


@pytest.mark.parametrize(("name", "earlier"), [("fcn", 0), ("ann", 16)])
@pytest.mark.parametrize(("mode", "logits"), [("inference", 0), ("training", CLASSES)])
def test_the_baseline_holds_all_inputs_and_a_gradient_like_the_logits(name, earlier, mode, logits):
    bench = Bench(trial(name, device="cpu", mode=mode), QUICK)
    step = bench.real
    weights = [*step.module.parameters(), *step.module.buffers()]

    found = measure.readings("memory", bench)["memory.baseline"].samples[0]

    maps = (32 + earlier + logits) * MAP
    assert found == maps + sum(t.numel() * t.element_size() for t in weights)


@pytest.mark.parametrize("name", ["fcn", "danet", "ann"])
@pytest.mark.parametrize("mode", ["inference", "training"])
def test_latency_keeps_its_samples(name, mode):
    reading = readings("latency", name, mode=mode, device="cpu")["latency"]

    assert len(reading.samples) == 3
    assert all(s > 0 for s in reading.samples)


def test_parameters_are_those_of_the_network():
    assert readings("params", "ema", shape=Shape(1, 2048, 8, 8))["params"].samples == (11_149_075,)


def test_a_large_map_is_counted_without_memory():
    found = readings("memory_predicted", "ccnet", shape=Shape(1, 2048, 512, 512))

    assert found["memory_predicted"].samples[0] > 2048 * 512 * 512 * 4  # the join alone is larger


def test_weights_and_inputs_have_the_type_of_the_trial():
    step = Bench(trial("ann", device="cpu", dtype="bfloat16", mode="training")).real

    assert {t.dtype for t in [*step.inputs, step.cotangent, *step.module.parameters()]} == {
        torch.bfloat16
    }


class Shorter(nn.Module):
    """Drops a row of the map, and has no cost."""

    def __init__(self, channels):
        super().__init__()

    def forward(self, x):
        return x[:, :, 1:]


@pytest.fixture
def shorter(monkeypatch):
    monkeypatch.setitem(HEADS._entries, "se", Shorter)


@pytest.mark.usefixtures("shorter")
def test_logits_of_another_size_are_an_error():
    with pytest.raises(HeadError, match=r"output has shape \(2, 19, 6, 5\), expected \(2, 19, 7"):
        _ = Bench(trial("se", device="cpu")).real


@pytest.mark.usefixtures("shorter")
def test_a_block_without_a_cost_leaves_the_head_without_one():
    with pytest.raises(UnmeasuredError, match="se declares no cost"):
        readings("modelled", "se")


SUITE = """
title = "t"
question = "q"
heads = ["ema"]
[[sweep]]
metrics = ["latency"]
channels = 512
size = 16
"""


def test_a_suite_plans_whole_heads_when_told_to():
    suite = override(parse_suite(SUITE, "s", str(Path("s.toml"))), ["part=head", "channels=2048"])

    planned = [p.trial for p in suite.plan("cpu")]

    assert planned == [Trial("ema", Shape(1, 2048, 16, 16), part="head", device="cpu")]
