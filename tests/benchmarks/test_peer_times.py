"""Timers beside ours, and heads of other libraries: the adapters and what is made of samples."""

import random
import time

import pytest
import torch
from torch import nn

from benchmarks.peers import latency
from benchmarks.peers.child import ChildError
from benchmarks.peers.latency import Asked, timed
from benchmarks.peers.races import difference, runners
from benchmarks.peers.results import Timed
from benchmarks.peers.theirs import RIVALS, C, Rival
from benchmarks.peers.timers import TIMERS, timer


def imported(load, *what):
    try:
        return load(*what)
    except ImportError as error:
        pytest.skip(f"not here: {error}")


@pytest.mark.parametrize("name", TIMERS)
@pytest.mark.filterwarnings("ignore")
def test_every_timer_gives_seconds_a_call(name):
    times, calls = imported(timer, name), []

    def step():
        calls.append(time.sleep(0.002))

    try:
        samples = times(step, 0.05, "cpu")
    except ChildError as error:
        pytest.skip(str(error))

    assert len(samples) <= len(calls)
    assert min(samples) >= 0.002


def test_a_process_times_the_steps_it_is_asked_for(monkeypatch):
    """Of seven values that do not follow one another, the interval is from least to largest."""
    seven = (4.0, 1.0, 7.0, 2.0, 6.0, 3.0, 5.0)
    monkeypatch.setattr(latency, "timer", lambda _: lambda *_: seven)

    found = timed(Asked("it", (("gc", 8), ("se", 6)), repetition=3))

    assert [(t.tool, t.head, t.side, t.repetition) for t in found] == [
        ("it", "gc", 8, 3),
        ("it", "se", 6, 3),
    ]
    assert [(t.median, t.low, t.high, t.samples) for t in found] == [(4.0, 1.0, 7.0, 7)] * 2


def test_one_mean_has_no_interval():
    (found,) = timed(Asked("torch timeit", (("se", 6),), seconds=0.01))

    assert (found.samples, found.low, found.high, found.failed) == (1, None, None, "")


def test_a_tool_that_is_not_there_is_a_result(monkeypatch):
    def absent(_name):
        raise ModuleNotFoundError("No module named 'it'")

    monkeypatch.setattr(latency, "timer", absent)

    (found,) = timed(Asked("it", (("se", 6),)))

    assert found.failed == "ModuleNotFoundError: No module named 'it'"


def test_every_repetition_has_each_tool_and_step_once_in_an_order_of_its_own(monkeypatch):
    asked = []

    def answered(_module, request, *_):
        asked.append(request)
        return tuple(Timed(request.tool, *step, request.repetition) for step in request.steps)

    monkeypatch.setattr(latency, "ask", answered)
    found = list(latency.latency(("a", "b", "c"), seed=1))

    each = {(t.tool, t.head, t.side, t.repetition) for t in found}
    assert len(found) == len(each) == 3 * len(latency.STEPS) * latency.REPETITIONS
    assert len({tuple(r.tool for r in asked[i : i + 3]) for i in range(0, len(asked), 3)}) > 1


def test_weights_of_another_go_by_our_names_in_our_shapes():
    theirs, ours = nn.Module(), nn.Module()
    theirs.scale, theirs.join = nn.Parameter(torch.tensor(3.0)), nn.Conv2d(4, 1, 1, bias=False)
    ours.gamma, ours.fusion = nn.Parameter(torch.zeros(1)), nn.Conv2d(4, 1, 1, bias=False)
    renames = (("scale", "gamma"), ("join", "fusion"))
    rival = Rival("it", lambda: theirs, renames, swapped="fusion.weight")

    found = rival.weights(theirs, ours)

    assert found["gamma"].tolist() == [3.0]
    assert found["fusion.weight"].flatten().tolist() == (
        theirs.join.weight.flatten()[[2, 3, 0, 1]].tolist()
    )


@pytest.mark.parametrize("head", RIVALS)
@pytest.mark.filterwarnings("ignore")
def test_heads_of_others_compute_what_ours_do(head):
    torch.manual_seed(random.Random(head).randrange(100))
    modules = imported(runners, head, RIVALS[head])

    apart = difference(modules, torch.randn(1, C, 11, 9).relu())

    assert len(apart) >= 2
    assert max(apart.values()) < 1e-5
