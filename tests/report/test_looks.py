"""How heads are drawn: one look each, told apart without colour."""

from itertools import combinations

import pytest

from attnbench.heads import HEADS
from attnbench.report.looks import DASHES, family, look
from attnbench.report.palette import LIGHT

ALL = sorted(HEADS)


def test_no_two_heads_look_the_same_in_grey():
    seen = {}
    for head in ALL:
        seen.setdefault((look(head).dash, look(head).marker), []).append(head)

    assert [names for names in seen.values() if len(names) > 1] == []


@pytest.mark.parametrize("head", ALL)
def test_the_line_of_a_head_is_that_of_its_family(head):
    assert look(head).dash == DASHES[family(head)]


def test_heads_of_a_family_differ_in_colour_and_marker():
    for one, other in combinations(ALL, 2):
        if family(one) == family(other):
            assert look(one).slot != look(other).slot
            assert look(one).marker != look(other).marker


def test_a_head_of_a_user_has_a_look_that_follows_from_its_name():
    mine = look("my_head")

    assert mine == look("my_head")
    assert 1 <= mine.slot < len(LIGHT)  # the first colour is the yardstick's
    assert mine.dash not in DASHES.values()
