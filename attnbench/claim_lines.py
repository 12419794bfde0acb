"""Which lines of a run a check is about, and how two of them compare at a point."""

from attnbench import stats
from attnbench.by_trial import ByTrial
from attnbench.claims import Check, Subject
from attnbench.lines import Line, Size, lines, size
from attnbench.record import Record
from attnbench.stats import Estimate


class NothingFoundError(Exception):
    """What a check needs is not in the run; the message says what."""


def line_of(found: ByTrial, check: Check, subject: Subject, over: str = "pixels") -> Line:
    """Readings of the subject; of several settings that fit it, those with the most points."""
    if over == "pixels":
        fitting = [v for v in found.lines(subject.metric, check.terms) if subject.matches(v.trial)]
    else:
        fitting = lines(_meant(found, check, subject, over), subject.metric, check.terms, over)
    if not fitting:
        raise NothingFoundError(f"{subject.metric} of {subject}")
    return max(fitting, key=lambda line: len(line.values))


def _meant(found: ByTrial, check: Check, subject: Subject, over: str) -> list[Record]:
    option = over if over != "channels" else ""
    trials = (found.trials[key] for key in found.having.get(subject.metric, ()))
    meant = [t.key for t in trials if subject.matches(t, option)]
    if check.place:
        meant = [key for key in meant if size(found.trials[key]) == check.place]
    return [record for key in meant for record in found.records[key]]


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
    sides = over.by_round(point, rounds), under.by_round(point, rounds)
    pairs = [(a, b) for a, b in zip(*sides, strict=True) if a > 0 and b > 0]
    if not pairs:
        labels = f"{over.trial.label} and {under.trial.label}"
        raise NothingFoundError(f"a round with both {labels} at {point_named(point)}")
    return stats.ratio(*zip(*pairs, strict=True))


def pixels(point: Size) -> int:
    return point[0] * point[1]


def point_named(point: Size, over: str = "pixels") -> str:
    return f"{point[0]}x{point[1]}" if over == "pixels" else f"{point[0]}"
