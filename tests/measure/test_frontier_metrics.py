from dataclasses import replace

import pytest

from attnbench import measure
from attnbench.errors import UnmeasuredError
from attnbench.measure import frontier_measured
from attnbench.measure._bench import Bench
from attnbench.measure._frontier import WHOLE
from attnbench.prediction import CARDS
from attnbench.trial import Shape, Trial

TRIAL = Trial("non_local", Shape(1, 16, 8, 8))


def test_every_card_has_a_side_and_larger_cards_larger_ones():
    found = measure.readings("frontier", Bench(TRIAL))

    assert list(found) == [f"frontier.{card.replace(' ', '')}" for card in CARDS]
    sides = [r.samples[0] for r in found.values()]
    assert sides == sorted(sides)
    # Two maps of N x N floats, and little else at 16 channels: 8 N² bytes on 40 GiB.
    assert found["frontier.40GB"].samples[0] ** 4 * 8 == pytest.approx(40 * 2**30, rel=0.05)


@pytest.mark.parametrize("truth", [0, 3, 10, 13, 20])
def test_the_largest_side_is_found_from_a_prediction_on_either_side(truth):
    found = frontier_measured.largest(10 * WHOLE, lambda side: side <= truth * WHOLE)

    assert found == truth * WHOLE


def test_a_prediction_that_is_far_off_is_told():
    with pytest.raises(UnmeasuredError, match="no end 16 steps away"):
        frontier_measured.largest(WHOLE, lambda _: True)


@pytest.mark.parametrize("mode", ["inference", "training"])
def test_on_a_cpu_what_was_predicted_is_what_runs(monkeypatch, mode):
    monkeypatch.setattr(frontier_measured, "BUDGET", 10**7)
    trial = replace(TRIAL, device="cpu", mode=mode)

    found = measure.readings("frontier_measured", Bench(trial))

    side = found["frontier_measured"].samples[0]
    assert side == found["frontier_measured.predicted"].samples[0]
    assert side > 0


def test_a_step_that_runs_out_of_memory_does_not_fit(monkeypatch):
    monkeypatch.setattr(frontier_measured, "BUDGET", 10**7)
    real = frontier_measured.memory

    def scarce(bench):
        if bench.trial.shape.height > 16:
            raise MemoryError
        return real(bench)

    monkeypatch.setattr(frontier_measured, "memory", scarce)

    found = measure.readings("frontier_measured", Bench(replace(TRIAL, device="cpu")))

    assert found["frontier_measured"].samples[0] == 16
