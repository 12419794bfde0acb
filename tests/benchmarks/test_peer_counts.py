"""Counters beside ours: ours is right on every known trap, adapters tell what their tools say."""

import pytest
import torch
from torch import nn

from benchmarks.peers import counting
from benchmarks.peers.child import ChildError, ask, reason
from benchmarks.peers.counters import COUNTERS, OURS, Count, counter
from benchmarks.peers.sizes import CLOSED_FORM, SIDES, Sized
from benchmarks.peers.traps import MACS, OTHER_FLOPS


def imported(load, name):
    try:
        return load(name)
    except ImportError as error:
        pytest.skip(f"{name} is not here: {error}")


def test_ours_is_right_on_every_row_and_names_nothing():
    found = list(counting.rows(OURS))

    assert [f.case for f in found] == list(MACS)
    assert [(f.macs, f.said, f.failed) for f in found] == [(f.true, (), "") for f in found]


def test_ours_gives_no_multiply_adds_where_there_are_none():
    free = {row: OTHER_FLOPS[row] for row in counting.WITHOUT_MACS}

    assert [(f.macs, f.said) for f in counting.rows(OURS, free)] == [(0, ())] * 4


def test_ours_is_the_closed_form_of_every_head():
    found = list(counting.heads(OURS))

    assert len(found) == len(counting.HEADS)
    assert [(f.case, f.macs) for f in found] == [(f.case, f.true) for f in found]


@pytest.mark.parametrize("name", COUNTERS)
@pytest.mark.filterwarnings("ignore")
def test_every_counter_knows_a_convolution(name):
    count, conv = imported(counter, name), nn.Conv2d(3, 5, 1, bias=False).eval()

    with torch.no_grad():
        found = count(conv, (torch.randn(1, 3, 6, 4),))

    assert found == Count(6 * 4 * 3 * 5)


@pytest.mark.filterwarnings("ignore")
def test_what_a_counter_names_as_not_counted_is_kept():
    module, inputs = MACS["dot"].make(), tuple(torch.randn(*s) for s in MACS["dot"].shapes)

    assert imported(counter, "fvcore")(module, inputs) == Count(0, ("aten::dot",))


def test_a_counter_may_be_right_with_gradients_alone(monkeypatch):
    def count(_module, _inputs):
        return Count(6 if torch.is_grad_enabled() else 5)

    monkeypatch.setattr(counting, "counter", lambda _: count)

    assert counting.kindest("it", "row", 6, (None, ())).grad
    assert counting.kindest("it", "row", 5, (None, ())).grad is False
    assert counting.kindest("it", "row", 4, (None, ())).macs == 5


def test_a_counter_that_raises_gives_its_reason_and_no_count(monkeypatch):
    def count(_module, _inputs):
        raise IndexError("list index out of range\nand more")

    monkeypatch.setattr(counting, "counter", lambda _: count)
    found = counting.kindest("it", "row", 6, (None, ()))

    assert (found.macs, found.failed) == (None, "IndexError: list index out of range")


def test_the_closed_form_allocates_nothing_at_any_size():
    """At 512² the map of all pairs alone has 256 GiB; the smallest input has 2 MiB."""
    found = ask("benchmarks.peers.sizes", CLOSED_FORM, tuple[Sized, ...], 120)

    mine = {f.side: f for f in found if f.head == "non_local"}
    assert tuple(mine) == SIDES
    assert mine[32].macs == 4 * 32**2 * 512 * 256 + 2 * 32**4 * 256
    assert mine[512].macs == 4 * 512**2 * 512 * 256 + 2 * 512**4 * 256
    assert max(f.peak_bytes for f in found) < 2 * 2**20


def test_a_child_that_ends_says_why():
    with pytest.raises(ChildError, match="No module named benchmarks.peers.nothing"):
        ask("benchmarks.peers.nothing", "", str, 60)


def test_a_reason_is_one_line():
    assert reason(ValueError("one\ntwo")) == "ValueError: one"
    assert reason(StopIteration()) == "StopIteration"
