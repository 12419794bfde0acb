"""The decoder of DeepLabv3+ behind ASPP."""

import pytest
import torch

from attnbench import measure
from attnbench.errors import HeadError
from attnbench.heads._whole import whole
from attnbench.kinds import CLASSES
from attnbench.measure._bench import Bench
from attnbench.trial import Budget, Shape, Trial

QUICK = Budget(min_samples=1, max_seconds=0, min_sample_seconds=0, warmup_seconds=0)


def test_logits_have_twice_the_sides_of_the_features():
    network = whole("aspp", 64, decoder=True).eval()

    y = network(torch.rand(2, 64, 7, 5), torch.rand(2, 8, 14, 10))

    assert y.shape == (2, CLASSES, 14, 10)


@pytest.mark.parametrize(("height", "width"), [(13, 10), (14, 9), (13, 9)])
def test_an_early_map_may_be_a_row_or_a_column_short(height, width):
    network = whole("aspp", 64, decoder=True).eval()  # behind an image of odd sides

    y = network(torch.rand(2, 64, 7, 5), torch.rand(2, 8, height, width))

    assert y.shape == (2, CLASSES, height, width)


def test_the_decoder_has_the_parameters_of_its_convolutions():
    with torch.device("meta"):
        plain, decoded = (whole("aspp", 2048, decoder=d) for d in (False, True))
    count = [sum(p.numel() for p in m.parameters()) for m in (plain, decoded)]

    # The 3x3 behind ASPP goes; 48 of 256 channels, (48 + 256) -> 256 and 256 -> 256 at 3x3 come.
    gone = 256 * 256 * 9 + 2 * 256
    come = 256 * 48 + 2 * 48 + 304 * 256 * 9 + 2 * 256 + 256 * 256 * 9 + 2 * 256
    assert count[1] == count[0] - gone + come


def test_an_early_map_of_another_size_is_told():
    network = whole("aspp", 64, decoder=True)

    with pytest.raises(HeadError, match=r"aspp: expected an early map of \(2, 8, 14, 10\), got"):
        network(torch.rand(2, 64, 7, 5), torch.rand(2, 8, 7, 5))


@pytest.mark.parametrize("mode", ["inference", "training"])
def test_every_metric_works_with_a_decoder(mode):
    told = {"options": {"decoder": True}, "part": "head", "mode": mode}
    static = Bench(Trial("aspp", Shape(2, 64, 7, 5), **told))
    real = Bench(Trial("aspp", Shape(2, 64, 7, 5), device="cpu", **told), QUICK)

    predicted = measure.readings("memory_predicted", static)["memory_predicted"].samples

    assert measure.readings("memory", real)["memory"].samples == predicted
    assert measure.readings("latency", real)["latency"].samples
    if mode == "inference":
        ways = [measure.readings(w, static)[f"macs.{w}"].samples for w in ("counted", "modelled")]
        assert ways[0] == ways[1]
