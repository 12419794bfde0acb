"""What a run says of a claim: holds, fails, unclear, or not measured here.

`holds` needs the whole interval inside the bounds, `fails` needs it wholly outside.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from attnbench import scaling, stats
from attnbench.by_trial import ByTrial, by_trial
from attnbench.claim_lines import NothingFoundError, line_of, pixels, point_named, quotient, shared
from attnbench.claims import (
    Claim,
    Correlation,
    Crossing,
    Difference,
    Equal,
    Exponent,
    Order,
    Other,
    Printed,
    Ratio,
    Value,
)
from attnbench.lines import latest
from attnbench.papers import agreement as published
from attnbench.papers.agreement import stored, tally
from attnbench.papers.reading import papers
from attnbench.record import Record
from attnbench.scaling import PowerLaw
from attnbench.stats import Estimate

Word = Literal["holds", "fails", "unclear", "not measured here"]
WORDS: tuple[Word, ...] = ("holds", "fails", "unclear", "not measured here")
LEAST_POINTS = 3  # of a power law
LEAST_HEADS = 4  # of a rank correlation


@dataclass(frozen=True)
class Verdict:
    """What a run says of a claim. `found` is None where nothing was measured."""

    claim: Claim
    word: Word
    found: Estimate | None = None
    law: PowerLaw | None = None
    detail: str = ""
    unit: str = ""  # of what was found; empty for powers and ratios


def verdicts(claims: Iterable[Claim], records: Iterable[Record]) -> list[Verdict]:
    return verdicts_of(claims, by_trial(latest(records)))


def verdicts_of(claims: Iterable[Claim], run: ByTrial) -> list[Verdict]:
    return [_verdict(claim, run) for claim in claims]


def _verdict(claim: Claim, run: ByTrial) -> Verdict:
    if claim.check is None:
        return Verdict(claim, "not measured here", detail=f"needs {claim.needs}")
    try:
        return _JUDGES[type(claim.check)](claim, run)
    except NothingFoundError as missing:
        needs = f"{missing}; {claim.needs}" if claim.needs else str(missing)
        return Verdict(claim, "not measured here", detail=f"needs {needs}")


def _exponent(claim: Claim, run: ByTrial) -> Verdict:
    check: Exponent = claim.check
    line = line_of(run, check, check.subjects[0], check.over)
    known = {p: v for p, v in line.values.items() if pixels(p) > 0 and min(v.values()) > 0}
    points = sorted(known, key=pixels)  # an option at 0 stands for a share of C
    if len(points) < LEAST_POINTS:
        raise NothingFoundError(f"at least three {_AXES.get(check.over, check.over)}")
    costs = [[line.values[p][r] for p in points] for r in line.rounds(points)]
    if not costs:
        raise NothingFoundError(f"a round with every one of the {len(points)} points")
    law = scaling.power_law([pixels(p) for p in points], costs, exact=not line.measured)
    found = law.exponent if check.part_of == "fit" else law.last
    over = f"over {point_named(points[0], check.over)} to {point_named(points[-1], check.over)}"
    return Verdict(claim, _word(found, check.within), found, law, over)


def _value(claim: Claim, run: ByTrial) -> Verdict:
    check: Value | Equal = claim.check
    line = line_of(run, check, check.subjects[0])
    point = shared(check, [line])[-1]
    worst = stats.exactly(max(line.values[point].values()))  # no interval: of all that was tried
    found = worst if isinstance(check, Equal) else line.at(point)
    return replace(_judged(claim, found, f"at {point_named(point)}"), unit=line.unit)


def _ratio(claim: Claim, run: ByTrial) -> Verdict:
    check: Ratio = claim.check
    over, under = (line_of(run, check, s) for s in check.subjects)
    point = shared(check, [over, under])[-1]
    return _judged(claim, quotient(over, under, point), f"at {point_named(point)}")


def _difference(claim: Claim, run: ByTrial) -> Verdict:
    check: Difference = claim.check
    ours, theirs = (line_of(run, check, s) for s in check.subjects)
    point = shared(check, [ours, theirs])[-1]
    rounds = sorted(ours.values[point].keys() & theirs.values[point].keys())
    if not rounds:
        labels = f"{ours.trial.label} and {theirs.trial.label}"
        raise NothingFoundError(f"a round with both {labels} at {point_named(point)}")
    pairs = [ours.values[point][r] - theirs.values[point][r] for r in rounds]
    is_measured = ours.measured or theirs.measured
    found = stats.mean(pairs) if is_measured else stats.exactly(pairs[-1])
    told = f"{len(rounds)} paired rounds at {point_named(point)}"
    return replace(_judged(claim, found, told), unit=ours.unit)


def _crossing(claim: Claim, run: ByTrial) -> Verdict:
    check: Crossing = claim.check
    ours, dense = (line_of(run, check, s) for s in check.subjects)
    points = shared(check, [ours, dense])
    both = sorted({*ours.rounds(points)} & {*dense.rounds(points)})
    if not both:
        raise NothingFoundError("a round with both heads at every size")
    costs = [[[line.values[p][r] for p in points] for r in both] for line in (dense, ours)]
    if not (ours.measured or dense.measured):
        costs = [rounds[-1:] for rounds in costs]
    found = scaling.crossing([pixels(p) for p in points], *costs)
    return _judged(claim, found, f"over {point_named(points[0])} to {point_named(points[-1])}")


def _order(claim: Claim, run: ByTrial) -> Verdict:
    check: Order = claim.check
    lines = [line_of(run, check, s) for s in check.subjects]
    point = shared(check, lines)[-1]
    steps = [quotient(b, a, point) for a, b in pairwise(lines)]
    words = [_word(step, check.within) for step in steps]
    word = next((w for w in ("fails", "unclear") if w in words), "holds")
    smallest = min(steps, key=lambda step: step.value)
    return Verdict(claim, word, smallest, detail=f"smallest step, at {point_named(point)}")


def _correlation(claim: Claim, run: ByTrial) -> Verdict:
    check: Correlation = claim.check
    trials = {t.label: t for t in run.trials.values() if t.mode == check.mode}
    pairs = []
    for trial in trials.values():
        subject = check.of(trial.head, trial.options, trial.kernel)
        try:
            one = line_of(run, check, subject)
            two = line_of(run, check, Other(metric=check.against).instead_of(subject))
        except NothingFoundError:
            continue
        pairs.append((one, two))
    lines = [line for pair in pairs for line in pair]
    if len(pairs) < LEAST_HEADS:
        raise NothingFoundError(f"{check.metric} and {check.against} of at least four heads")
    point = shared(check, lines)[-1]
    rounds = sorted(set.intersection(*({*b.rounds([point])} for _, b in pairs)))
    ours = [a.at(point).value for a, _ in pairs]
    by_round = [
        stats.rank_correlation(ours, [b.values[point][r] for _, b in pairs]) for r in rounds
    ]
    if not by_round:
        raise NothingFoundError("a round with every head")
    return _judged(claim, stats.mean(by_round), f"{len(pairs)} heads at {point_named(point)}")


def _printed(claim: Claim, _run: ByTrial) -> Verdict:
    """By the numbers of the last recount, that come with attnbench."""
    check: Printed = claim.check
    known = papers()
    found = published.verdicts(known, stored())
    tables = [t for t in known.named(check.paper).table if check.table in ("", t.name)]
    checkable = [found[f.id] for t in tables for f in t.all if f.agrees]
    if not checkable:
        raise NothingFoundError("figures that arithmetic can check")
    words = tally(checkable)
    share = 1 - (words.get("not reproducible", 0) + words.get("differs", 0)) / len(checkable)
    told = ", ".join(f"{n} {word}" for word, n in words.items())
    return _judged(claim, stats.exactly(share), f"of {len(checkable)} figures: {told}")


_JUDGES = {
    Exponent: _exponent, Value: _value, Equal: _value, Ratio: _ratio, Crossing: _crossing,
    Difference: _difference,
    Order: _order, Correlation: _correlation, Printed: _printed,
}  # fmt: skip
_AXES = {"pixels": "sizes"}


def _judged(claim: Claim, found: Estimate, detail: str) -> Verdict:
    return Verdict(claim, _word(found, claim.check.within), found, detail=detail)


def _word(found: Estimate, within: tuple[float, float]) -> Word:
    low, high = within
    if not found.known:
        return "unclear"
    if low <= found.low and found.high <= high:
        return "holds"
    return "fails" if found.high < low or found.low > high else "unclear"
