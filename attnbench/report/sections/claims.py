"""What the papers say, and what this run says of it."""

from collections import Counter

from attnbench.report import verdict_text
from attnbench.report.document import text
from attnbench.report.evidence import Evidence
from attnbench.report.sections import section
from attnbench.report.tables import Cell, Column, Table, estimated, words
from attnbench.verdicts import WORDS, Verdict

TONES = {"holds": "good", "fails": "bad", "unclear": "unsure", "not measured here": "missing"}
_SIGNS = {"holds": "✓", "fails": "✗", "unclear": "?", "not measured here": "·"}


@section("Claims of the literature", order=20)
def claims(evidence: Evidence) -> list | None:
    found = evidence.verdicts
    if not found:
        return None
    intro = (
        f"{tally(found)}. A claim holds when the whole interval of what was "
        "found lies within its bounds, and fails when all of it lies outside."
    )
    return [text(intro), table(found, "Verdict on each claim")]


def tally(found: list[Verdict]) -> str:
    """As in "12 claims: 11 hold, 1 unclear"."""
    count = Counter(v.word for v in found)
    told = ", ".join(f"{count[w]} {w}" for w in WORDS if count[w])
    return f"{len(found)} {'claim' if len(found) == 1 else 'claims'}: {told}"


def table(found: list[Verdict], caption: str) -> Table:
    """A row a claim: the sentence, the verdict, what was found and in which bounds."""
    columns = (
        words("claim", [Cell(v.claim.says, (f"{v.claim.id} · {v.claim.source}",)) for v in found]),
        words("verdict", [Cell(f"{_SIGNS[v.word]} {v.word}", tone=TONES[v.word]) for v in found]),
        Column("found", tuple(map(_found, found))),
        Column("bounds", tuple(Cell(verdict_text.bounds(v)) for v in found)),
        words("of what", [Cell(verdict_text.subject(v), (verdict_text.how(v),)) for v in found]),
    )
    return Table(caption, columns)


def _found(verdict: Verdict) -> Cell:
    shown = verdict_text.found(verdict)
    return estimated(shown, verdict.found, verdict.unit) if verdict.found else Cell(shown)
