import sys
from dataclasses import replace
from math import isqrt

import pytest
import torch

from attnbench import measure
from attnbench.errors import HeadError, UnmeasuredError
from attnbench.heads import HEADS, kernels
from attnbench.kinds import MODES
from attnbench.measure import _frontier
from attnbench.measure._bench import Bench
from attnbench.measure._frontier import WHOLE, Sides, predict
from attnbench.measure._no_compiler import StandIn, without_compiler
from attnbench.prediction import CARDS
from attnbench.trial import Shape, Trial

SMALL = {"small": 30 * 10**6}  # a card on which every side can be tried


def needed(trial, side):
    """Bytes of a square map by the metric itself, in a trial of its own."""
    at = replace(trial, shape=replace(trial.shape, height=side, width=side))
    found = measure.readings("memory_predicted", Bench(at))
    return sum(found[r].samples[0] for r in ("memory_predicted", "memory_predicted.baseline"))


def sides(trial, cards=SMALL):
    found = predict(trial, cards)
    return {mode: getattr(found, mode).sides for mode in MODES}


def test_the_largest_side_of_a_convolution_follows_from_three_maps():
    # Of input, convolution and batch norm three maps live at once; batch norm has four vectors.
    channels, weights = 512, 2 * (9 * 512 * 512 + 4 * 512) + 8
    trial = Trial("fcn", Shape(1, channels, 10, 10), dtype="bfloat16")

    found = predict(trial, CARDS).inference.sides

    assert found == {
        card: isqrt((size - weights) // (3 * channels * 2)) for card, size in CARDS.items()
    }


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["eca", "non_local", "ccnet", "psa", "isa"])
def test_no_larger_side_fits_when_all_are_tried(name, mode):
    trial = Trial(name, Shape(2, 64, 9, 9), mode=mode)

    side = sides(trial)[mode]["small"]

    fitting = [s for s in range(1, side + 40) if needed(trial, s) <= SMALL["small"]]
    assert fitting[-1] == side


@pytest.mark.parametrize("name", list(HEADS))
def test_the_side_fits_and_the_next_does_not(name):
    trial = Trial(name, Shape(2, 64, 9, 9), dtype="bfloat16")
    cards = {"24 GB": CARDS["24 GB"]}

    for mode, found in sides(trial, cards).items():
        side = found["24 GB"]
        at = replace(trial, mode=mode)

        assert needed(at, side) <= cards["24 GB"]
        assert needed(at, side + 1) > cards["24 GB"]
        assert needed(at, side + WHOLE - side % WHOLE) > cards["24 GB"]


def test_a_side_above_a_multiple_of_the_window_may_need_more_than_the_next_multiple():
    trial = Trial("isa", Shape(1, 64, 8, 8))

    assert needed(trial, 79) > needed(trial, 80)


def test_fused_attention_fits_larger_maps_and_training_smaller_ones():
    eager = sides(Trial("non_local", Shape(1, 512, 64, 64)), CARDS)
    fused = sides(Trial("non_local", Shape(1, 512, 64, 64), kernel="fused"), CARDS)

    for card in CARDS:
        assert eager["training"][card] < eager["inference"][card] < fused["training"][card]
        assert fused["training"][card] < fused["inference"][card]


@pytest.mark.parametrize("part", ["attention", "head"])
def test_a_prediction_is_what_the_metrics_read(part):
    trial = Trial("ocr", Shape(2, 64, 13, 11), part=part, kernel="fused", dtype="bfloat16")

    found = predict(trial, {})

    read = {n: measure.readings(n, Bench(trial)) for n in ("params", "modelled")}
    assert found.params == read["params"]["params"].samples[0]
    assert found.macs == read["modelled"]["macs.modelled"].samples[0]
    assert found.flops == read["modelled"]["flops.modelled"].samples[0]
    for mode in MODES:
        memory = getattr(found, mode).memory
        at = measure.readings("memory_predicted", Bench(replace(trial, mode=mode)))
        assert memory.increment == at["memory_predicted"].samples[0]
        assert memory.baseline == at["memory_predicted.baseline"].samples[0]


def test_a_head_without_a_closed_form_is_counted(monkeypatch):
    def none(_bench):
        raise UnmeasuredError("ema declares no cost")

    trial = Trial("ema", Shape(1, 64, 6, 5))
    modelled = predict(trial, {})
    monkeypatch.setattr(_frontier, "modelled", none)

    counted = predict(trial, {})

    assert (modelled.origin, counted.origin) == ("modelled", "counted")
    assert (modelled.macs, modelled.flops) == (counted.macs, counted.flops)


def test_training_that_torch_refuses_is_told_and_inference_still_predicted():
    found = predict(Trial("ppm", Shape(1, 64, 12, 12)), CARDS)  # a pool of one pixel, one image

    assert "more than 1 value per channel" in found.training.refused
    assert found.training.memory is None
    assert found.inference.sides["8 GB"] > 0


def test_a_map_beyond_64_bits_is_refused_in_a_line():
    with pytest.raises(HeadError, match="more bytes than 64 bits can count"):
        predict(Trial("non_local", Shape(1, 64, 10**5, 10**5)), CARDS)


@pytest.mark.parametrize(("name", "kernel"), [(n, k) for n in HEADS for k in kernels(n)[:-1]])
def test_one_image_is_predicted_as_it_runs(name, kernel):
    # At batch 1 a stride is free, and layouts differ that do not at batch 2.
    for mode in MODES:
        trial = Trial(name, Shape(1, 32, 16, 16), kernel=kernel, mode=mode, part="head")
        try:
            real = measure.readings("memory", Bench(replace(trial, device="cpu")))
        except ValueError:  # batch norm of a single value
            continue

        predicted = measure.readings("memory_predicted", Bench(trial))

        assert {k.removeprefix("memory"): r.samples for k, r in real.items()} == {
            k.removeprefix("memory_predicted"): r.samples for k, r in predicted.items()
        }


@pytest.mark.parametrize(
    ("need", "limit", "side"),
    [
        (lambda s: s**4 + 3 * s, 10**9 + 3, 177),  # 177^4 = 981,506,241 and 178^4 = 1,003,875,856
        (lambda s: 5 * s * s, 5 * 4321**2, 4321),
        (lambda s: max(10**6 * s, s**4), 10**9, 177),
        (lambda s: 10**6 * s, 3 * 10**5, 0),
        (lambda s: 10**6 * s, 10**6, 1),
        (lambda s: (-(-s // 8) * 8) ** 2 + 100 * (s % 8 > 0), 64**2, 64),  # 57 to 63 do not fit
    ],
)
def test_the_search_ends_at_the_largest_side(need, limit, side):
    assert Sides(need).largest(limit) == side


def test_an_even_need_is_asked_for_a_few_times_only():
    asked = []

    def need(side):
        asked.append(side)
        return 2 * side**4 + 512 * side**2 + 10**6

    found = Sides(need)
    for size in CARDS.values():
        found.largest(size)

    assert len(asked) == len(set(asked)) <= 5 + 4 * len(CARDS)


def test_what_stood_in_for_the_compiler_is_gone_afterwards():
    before = dict(sys.modules)
    with without_compiler():
        torch.empty(2, 3, device="meta").norm()

    assert {n: m for n, m in sys.modules.items() if n in before} == before
    assert not any(isinstance(m, StandIn) for m in sys.modules.values())
