"""What a head buys against what it costs: which heads no other one surely beats on both."""

from collections.abc import Sequence
from dataclasses import dataclass

from attnbench.stats import Estimate


@dataclass(frozen=True)
class Point:
    """A head in a plane: `cost`, better lower, and `gain`, better higher."""

    label: str
    cost: Estimate
    gain: Estimate


def dominates(one: Point, other: Point) -> bool:
    """Whether `one` surely costs no more and buys more, or costs less and buys no less.

    Sure is what no overlap of the intervals leaves in doubt; without an interval nothing is sure of
    a measured number. Two exact numbers may be equal.
    """
    if not all(e.known for e in (one.cost, other.cost, one.gain, other.gain)):
        return False
    costs_less, buys_more = one.cost.high < other.cost.low, one.gain.low > other.gain.high
    same_cost = one.cost.exact and one.cost == other.cost
    same_gain = one.gain.exact and one.gain == other.gain
    return (costs_less and (buys_more or same_gain)) or (same_cost and buys_more)


def front(points: Sequence[Point]) -> list[Point]:
    """The points that none surely dominates, from the cheapest up (Pareto)."""
    kept = [p for p in points if not any(dominates(other, p) for other in points)]
    return sorted(kept, key=lambda p: p.cost.value)
