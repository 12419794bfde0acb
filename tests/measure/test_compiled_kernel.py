import os
import shutil

import pytest
import torch

from attnbench import heads
from attnbench.errors import UnmeasuredError
from attnbench.measure import readings
from attnbench.measure._bench import Bench
from attnbench.trial import Budget, Shape, Trial

SHAPE = Shape(2, 16, 6, 5)
QUICK = Budget(min_samples=3, max_seconds=0.01, warmup_seconds=0.01)
needs_compiler = pytest.mark.skipif(
    shutil.which(os.environ.get("CXX", "g++")) is None, reason="no C++ compiler here"
)


@pytest.fixture
def compiled(monkeypatch):
    """The graphs that torch.compile was asked for: as they are, without the wait for C++."""
    seen, compile_ = [], torch.compile

    def kept(graph, _inputs):
        seen.append(graph)
        return graph.forward

    monkeypatch.setattr(torch, "compile", lambda m, **how: compile_(m, backend=kept, **how))
    return seen


def trial(head="se", shape=SHAPE, **rest):
    return Trial(head, shape, kernel="compiled", device="cpu", **rest)


def test_every_head_can_be_compiled():
    assert heads.kernels("se") == ("eager", "compiled")
    assert heads.kernels("danet") == ("eager", "fused", "compiled")


def test_a_compiled_step_is_the_same_function(compiled):
    step, eager = Bench(trial()).real, Bench(Trial("se", SHAPE, device="cpu")).real

    torch.testing.assert_close(step.forward(), eager.forward())
    assert len(compiled) == 1


@pytest.mark.parametrize("mode", ["inference", "training"])
def test_many_shapes_in_one_process_are_all_compiled(compiled, mode):
    for side in range(2, 14):  # torch gives up at eight
        assert Bench(trial(shape=Shape(1, 16, side, 3), mode=mode)).real

    assert len(compiled) == 12


def test_later_steps_compile_nothing(compiled):
    step = Bench(trial(mode="training")).real
    before = len(compiled)

    step()

    assert len(compiled) == before


@pytest.mark.parametrize("metric", ["counted", "modelled", "fvcore", "memory_predicted", "memory"])
def test_what_the_dispatcher_must_see_is_taken_eagerly(compiled, metric):
    with pytest.raises(UnmeasuredError, match="taken with kernel eager"):
        readings(metric, Bench(trial()))

    assert not compiled


def test_parameters_are_those_of_the_head():
    eager = readings("params", Bench(Trial("se", SHAPE)))

    assert readings("params", Bench(trial())) == eager


@pytest.mark.slow
@needs_compiler
@pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated:DeprecationWarning")
@pytest.mark.parametrize("mode", ["inference", "training"])
def test_latency_of_compiled_code_is_measured(mode):
    found = readings("latency", Bench(trial(mode=mode), QUICK))["latency"]

    assert len(found.samples) >= 3
    assert all(0 < seconds < 0.1 for seconds in found.samples)
