"""Which lines of a run a check is about, and how two of them compare at a point."""

from attnbench import stats
from attnbench.claims import Check, Subject
from attnbench.lines import Line, Size, lines, size
from attnbench.record import Record
from attnbench.stats import Estimate


class NothingFoundError(Exception):
    """What a check needs is not in the run; the message says what."""


def line_of(records: list[Record], check: Check, subject: Subject, over: str = "pixels") -> Line:
    """Readings of the subject; of several settings that fit it, those with the most points."""
    option = over if over not in ("pixels", "channels") else ""
    meant = [r for r in records if subject.matches(r.trial, option)]
    if over != "pixels" and check.place:
        meant = [r for r in meant if size(r.trial) == check.place]
    found = lines(meant, subject.metric, check.terms, over)
    if not found:
        raise NothingFoundError(f"{subject.metric} of {subject}")
    return max(found, key=lambda line: len(line.values))


def shared(check: Check, found: list[Line]) -> list[Size]:
    """The points that all lines have, in ascending order; of them that of the check's size."""
    points = set.intersection(*(set(line.values) for line in found))
    if check.place:
        points &= {check.place}
    if not points:
        at = f"at {point_named(check.place)}" if check.place else "at one size"
        raise NothingFoundError(f"{check.metric} of {' and '.join(map(str, check.subjects))} {at}")
    return sorted(points, key=lambda p: (pixels(p), p))


def quotient(over: Line, under: Line, point: Size) -> Estimate:
    """Of paired rounds where something was measured; a count is the same in every round."""
    ours, theirs = over.values[point], under.values[point]
    measured = [line.values[point].keys() for line in (over, under) if line.measured]
    if not measured:
        top, bottom = [*ours.values()][-1], [*theirs.values()][-1]
        if bottom <= 0:
            raise NothingFoundError(f"a cost of {under.trial.label} above zero")
        return stats.exactly(top / bottom)
    rounds = sorted(set.intersection(*map(set, measured)))
    ours, theirs = over.by_round(point, rounds), under.by_round(point, rounds)
    pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if a > 0 and b > 0]
    if not pairs:
        labels = f"{over.trial.label} and {under.trial.label}"
        raise NothingFoundError(f"a round with both {labels} at {point_named(point)}")
    return stats.ratio(*zip(*pairs, strict=True))


def pixels(point: Size) -> int:
    return point[0] * point[1]


def point_named(point: Size, over: str = "pixels") -> str:
    return f"{point[0]}x{point[1]}" if over == "pixels" else f"{point[0]}"
