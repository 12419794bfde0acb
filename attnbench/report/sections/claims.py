"""What the papers say, and what this run says of it."""

from collections import Counter

from attnbench.claims import Exponent, Ratio, Subject, Verdict, verdicts
from attnbench.report.document import text
from attnbench.report.evidence import Evidence
from attnbench.report.numbers import exponent, interval
from attnbench.report.sections import section
from attnbench.report.tables import NOTHING, Cell, Column, Table, words

_TONES = {"holds": "good", "fails": "bad", "unclear": "unsure", "not measured here": "missing"}
_SIGNS = {"holds": "✓", "fails": "✗", "unclear": "?", "not measured here": "·"}


@section("Claims of the literature", order=20)
def claims(evidence: Evidence) -> list | None:
    suite = evidence.suite
    if suite is None or not suite.claims:
        return None
    found = verdicts(suite.claims, evidence.records)
    tally = Counter(v.word for v in found)
    counted = ", ".join(f"{w} {tally[w]}" for w in _TONES if tally[w])
    intro = (
        f"{len(found)} claims ({counted}). A claim holds when the whole interval of what was "
        "found lies within its bounds, and fails when all of it lies outside."
    )
    return [text(intro), _table(found)]


def _table(found: list[Verdict]) -> Table:
    columns = (
        words("claim", [Cell(v.claim.says, (v.claim.source,)) for v in found]),
        words("verdict", [Cell(f"{_SIGNS[v.word]} {v.word}", tone=_TONES[v.word]) for v in found]),
        Column("found", tuple(Cell(_found(v)) for v in found)),
        Column("bounds", tuple(Cell(_bounds(v)) for v in found)),
        words("of what", [Cell(_subject(v), (_how(v),)) for v in found]),
    )
    return Table("Verdict on each claim", columns)


def _found(verdict: Verdict) -> str:
    if verdict.found is None:
        return NOTHING
    is_power = isinstance(verdict.claim.check, Exponent)
    return exponent(verdict.found) if is_power else interval(verdict.found)


def _bounds(verdict: Verdict) -> str:
    low, high = verdict.claim.check.within
    return f"{low:g} to {high:g}"


def _subject(verdict: Verdict) -> str:
    """As in "macs.counted (contraction) of isa partition=balanced"."""
    check = verdict.claim.check
    metric = f"{check.metric} ({check.terms})" if check.terms else check.metric
    subject = Subject(check.head, check.options, check.kernel).label
    if isinstance(check, Ratio):
        subject += f" / {Subject(check.to, check.to_options, check.to_kernel).label}"
    return f"{metric} of {subject}"


def _how(verdict: Verdict) -> str:
    check = verdict.claim.check
    kind = "ratio"
    if isinstance(check, Exponent):
        kind = "power of N, last doubling" if check.of == "last" else "power of N, fitted"
    return f"{kind}, {verdict.detail}"
