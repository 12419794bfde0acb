"""Every metric on a whole network and on a classifier."""

from pathlib import Path

import pytest
import torch

from attnbench import measure, networks, train
from attnbench.errors import HeadError, UnmeasuredError
from attnbench.measure._bench import Bench
from attnbench.measure._meta import like_cpu
from attnbench.source import source
from attnbench.trial import Budget, Shape, Trial

QUICK = Budget(min_samples=3, max_seconds=0, min_sample_seconds=0, warmup_seconds=0)
IMAGE = Shape(2, 3, 25, 17)
WHAT = [
    ("network", "gc", {}),
    ("network", "ann", {}),
    ("network", "aspp", {"decoder": True}),
    ("classifier", "cbam", {}),
    ("classifier", "gsop", {}),
]


def trial(part, head="se", options=None, shape=IMAGE, **more):
    return Trial(head, shape, options or {}, part, backbone="resnet18", **more)


def readings(metric, *what, **more):
    return measure.readings(metric, Bench(trial(*what, **more), QUICK))


@pytest.mark.parametrize("mode", ["inference", "training"])
@pytest.mark.parametrize(("part", "head", "options"), WHAT)
def test_predicted_memory_is_what_a_step_on_the_cpu_really_holds(part, head, options, mode):
    predicted = readings("memory_predicted", part, head, options, mode=mode)
    real = readings("memory", part, head, options, mode=mode, device="cpu")

    assert {k.removeprefix("memory"): r.samples for k, r in real.items()} == {
        k.removeprefix("memory_predicted"): r.samples for k, r in predicted.items()
    }


@pytest.mark.parametrize("part", ["network", "classifier"])
@pytest.mark.parametrize("mode", ["inference", "training"])
def test_latency_keeps_its_samples(part, mode):
    reading = readings("latency", part, mode=mode, device="cpu")["latency"]

    assert len(reading.samples) == 3
    assert all(s > 0 for s in reading.samples)


@pytest.mark.parametrize("part", ["network", "classifier"])
def test_every_operator_of_a_network_has_a_price(part):
    found = readings("counted", part)

    assert found["macs.counted"].notes == found["flops.counted"].notes == ()


def test_the_macs_of_a_plain_classifier_are_those_of_its_layers():
    # Of a ResNet-18 on 64x64: stem; four stages of four 3x3 convolutions, the first of stages 2 to
    # 4 from half the channels; shortcuts; classifier.
    stem = 32 * 32 * 64 * 3 * 49
    first = 4 * 16 * 16 * 64 * 64 * 9
    others = 3 * (3 * 8 * 8 * 128 * 128 * 9 + 8 * 8 * 64 * 128 * 9 + 8 * 8 * 64 * 128)
    expected = stem + first + others + 512 * 1000

    found = readings("counted", "classifier", "fcn", shape=Shape(1, 3, 64, 64))

    assert found["macs.counted"].samples == (expected,)


def test_the_macs_of_a_resnet_50_are_the_well_known_4_089_billion():
    plain = Trial("fcn", Shape(1, 3, 224, 224), part="classifier", backbone="resnet50")

    found = measure.readings("counted", Bench(plain))

    assert round(found["macs.counted"].samples[0] / 1e9, 3) == 4.089


def test_fvcore_differs_from_our_count_by_what_it_names():
    theirs = readings("fvcore", "network")["macs.fvcore"]
    ours = readings("counted", "network")["macs.counted"]

    amounts = [int(note.rpartition(": ")[2].split()[0].replace(",", "")) for note in theirs.notes]

    assert theirs.samples[0] - ours.samples[0] == sum(amounts)


@pytest.mark.parametrize("part", ["network", "classifier"])
def test_a_network_has_no_closed_form_and_says_so(part):
    with pytest.raises(UnmeasuredError, match="no closed form"):
        readings("modelled", part)


def test_an_image_has_three_channels():
    with pytest.raises(HeadError, match="se: part network reads an image of 3 channels, not 64"):
        _ = Bench(trial("network", shape=Shape(1, 64, 8, 8))).outline


def test_an_image_gets_no_gradient():
    with like_cpu():
        step = Bench(trial("network", mode="training")).without_data()
        step()

    assert step.x.grad is None
    assert step.module.backbone.conv1[0].weight.grad is not None


def test_weights_and_image_have_the_type_of_the_trial():
    step = Bench(trial("network", dtype="bfloat16", device="cpu")).real

    assert {t.dtype for t in [step.x, *step.module.parameters()]} == {torch.bfloat16}


def test_a_network_of_training_size_is_predicted_without_memory():
    large = Trial(
        "self_attention",
        Shape(8, 3, 769, 769),
        part="network",
        backbone="resnet101",
        mode="training",
    )

    found = measure.readings("memory_predicted", Bench(large))["memory_predicted"].samples[0]

    # The logits and the softmax of pairs are kept for the backward pass: 8 maps of 9409² each.
    assert found > 2 * 4 * 8 * 9409**2


def test_the_source_of_a_network_changes_with_its_folder(monkeypatch):
    before = [source("se", part) for part in ("head", "network", "classifier")]
    read, changed = Path.read_bytes, Path(networks.__file__).with_name("resnet.py")
    monkeypatch.setattr(Path, "read_bytes", lambda p: read(p) + b"#" if p == changed else read(p))
    after = [source("se", part) for part in ("head", "network", "classifier")]

    assert [a == b for a, b in zip(after, before, strict=True)] == [True, False, False]


def test_the_source_of_a_training_changes_with_its_folder(monkeypatch):
    before = [source("se", "attention", trained=t) for t in (False, True)]
    read, changed = Path.read_bytes, Path(train.__file__).with_name("fit.py")
    monkeypatch.setattr(Path, "read_bytes", lambda p: read(p) + b"#" if p == changed else read(p))
    after = [source("se", "attention", trained=t) for t in (False, True)]

    assert [a == b for a, b in zip(after, before, strict=True)] == [True, False]
