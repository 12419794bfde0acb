"""Suites that ask for networks: what they plan, and what they are told."""

from pathlib import Path

import pytest

from attnbench.errors import AttnbenchError, SuiteError
from attnbench.suite_file import override, parse_suite, read_suite, suite_path
from attnbench.trial import Shape, Trial

NETWORK = """
title    = "t"
question = "q?"
heads    = ["se"]

[[sweep]]
device   = "meta"
metrics  = ["params"]
part     = "network"
backbone = ["resnet18", "resnet50"]
channels = 3
batch    = 8
size     = [[512, 1024]]
"""


def suite(text):
    return parse_suite(text, "s", str(Path("s.toml")))


def test_a_backbone_is_an_axis():
    planned = [p.trial for p in suite(NETWORK).plan("cpu")]

    image, how = Shape(8, 3, 512, 1024), {"part": "network"}
    assert planned == [
        Trial("se", image, backbone=name, **how) for name in ("resnet18", "resnet50")
    ]


MISTAKES = [
    (
        'part     = "network"',
        'part     = "head"',
        "part head has no backbone; leave out 'resnet18'",
    ),
    ('part     = "network"', "", "part attention has no backbone; leave out 'resnet18'"),
    ('["resnet18", "resnet50"]', '""', "part network needs a backbone, as in backbone ="),
    ('["resnet18", "resnet50"]', '"resnet51"', "unknown backbone 'resnet51'; did you mean"),
    ("channels = 3", "channels = 64", "part network reads an image: write channels = 3"),
]


@pytest.mark.parametrize(("good", "bad", "message"), MISTAKES)
def test_what_does_not_go_together_is_one_line(good, bad, message):
    with pytest.raises(AttnbenchError) as error:
        suite(NETWORK.replace(good, bad))

    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_settings_are_held_against_each_other_once_all_are_there():
    read = suite(NETWORK)

    typed = override(read, ["backbone=resnet101", "part=classifier"])
    assert {p.trial.backbone for p in typed.plan("cpu")} == {"resnet101"}
    with pytest.raises(SuiteError, match="--set: part head has no backbone"):
        override(read, ["part=head"])


def test_training_memory_asks_for_every_head_without_a_device():
    read, _ = read_suite(suite_path("training-memory"))
    planned = [p.trial for p in read.plan("cuda")]

    assert {t.device for t in planned} == {"meta"}
    assert {tuple(t.shape) for t in planned} == {(8, 3, 769, 769), (8, 3, 512, 1024)}
    assert {c.check.backbone for c in read.claims} == {"resnet101"}


def test_channel_heads_measures_what_it_counts():
    read, _ = read_suite(suite_path("channel-heads"))
    networks = [p for p in read.plan("cpu") if p.trial.part == "classifier"]
    timed = {p.trial.shape for p in networks if "latency" in p.metrics}
    counted = {p.trial.shape for p in networks if "counted" in p.metrics}

    assert timed == counted == {Shape(4, 3, 224, 224)}
