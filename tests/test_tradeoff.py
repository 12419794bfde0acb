import pytest

from attnbench.stats import Estimate, exactly
from attnbench.tradeoff import Point, dominates, front


def about(value, half):
    return Estimate(value, value - half, value + half)


UNKNOWN = Estimate(1.0, float("nan"), float("nan"))


@pytest.mark.parametrize(
    ("one", "other", "surely"),
    [
        ((exactly(1), about(0.9, 0.01)), (exactly(2), about(0.5, 0.01)), True),
        ((exactly(1), about(0.9, 0.3)), (exactly(2), about(0.5, 0.3)), False),  # gains overlap
        ((about(1, 1), about(0.9, 0.01)), (about(2, 1), about(0.5, 0.01)), False),  # costs do
        ((exactly(2), about(0.9, 0.01)), (exactly(2), about(0.5, 0.01)), True),  # equal counts
        ((exactly(2), about(0.9, 0.01)), (exactly(1), about(0.5, 0.01)), False),  # dearer
        ((UNKNOWN, about(0.9, 0.01)), (exactly(2), about(0.5, 0.01)), False),  # one round
        ((exactly(1), exactly(0.5)), (exactly(2), exactly(0.5)), True),
        ((exactly(1), exactly(0.5)), (exactly(1), exactly(0.5)), False),
    ],
)
def test_a_point_dominates_only_if_it_is_sure(one, other, surely):
    assert dominates(Point("a", *one), Point("b", *other)) is surely


def test_the_front_is_what_none_surely_beats_from_the_cheapest_up():
    points = [
        Point("dear and good", exactly(9), about(0.95, 0.01)),
        Point("cheap", exactly(1), about(0.5, 0.01)),
        Point("beaten", exactly(5), about(0.4, 0.01)),
        Point("doubtful", exactly(5), about(0.5, 0.1)),
    ]

    assert [p.label for p in front(points)] == ["cheap", "doubtful", "dear and good"]
