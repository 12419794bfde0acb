"""What a gate found of a change: the worst first, what is the same on demand."""

from math import isfinite, isnan

from attnbench.gate.outputs.wording import Finding, change, findings, sentence, side, value
from attnbench.gate.result import Gate
from attnbench.report.document import Fold, bullets, code, text
from attnbench.report.evidence import Evidence
from attnbench.report.sections import section
from attnbench.report.tables import Cell, Column, Table, estimated, name, words
from attnbench.stats import Estimate
from attnbench.units import digits

_TONES = {"worse": "fails", "unclear": "unclear", "better": "holds"}


@section("What the gate says of the change", order=2)
def gate(evidence: Evidence) -> list | None:
    told = evidence.gate
    if told is None:
        return None
    found = findings(told)
    same = [f for f in found if f.answer == "same"]
    others = [f for f in found if f.answer != "same"]
    return [
        text(sentence(told), role="lead"),
        text(code(side(told.head)), " against ", code(side(told.base)), "."),
        *([_table(others, evidence.heads, "What is not the same")] if others else []),
        *([Fold(f"{len(same)} the same", (_table(same, evidence.heads, "Same"),))] if same else []),
        bullets(_facts(told)),
    ]


def _table(found: list[Finding], heads: tuple[str, ...], caption: str) -> Table:
    named = [name(f.trial) if f.trial.head in heads else Cell(f.trial.label) for f in found]
    columns = (
        Column("head", tuple(named), is_number=False),
        words("answer", [Cell(f.answer, tone=_TONES.get(f.answer, "")) for f in found]),
        words("what changed", [f.message for f in found]),
        Column("base", tuple(_value(f.base, f.unit) for f in found)),
        Column("this change", tuple(_value(f.head, f.unit) for f in found)),
        Column("difference", tuple(_change(f) for f in found)),
        words("of", [f"{f.trial.shape} {f.trial.part} {f.trial.mode}" for f in found]),
    )
    return Table(caption, columns)


def _value(side: Estimate | None, unit: str) -> Cell:
    shown = value(side, unit)
    return Cell(shown) if side is None else estimated(shown, side, unit)


def _change(found: Finding) -> Cell:
    known = found.ratio is not None and not isnan(found.ratio.value)
    return estimated(change(found), found.ratio) if known else Cell(change(found))


def _facts(told: Gate) -> list[str]:
    facts = []
    if told.timed:
        facts.append(
            f"{told.pairs} pairs of processes, {told.needed} needed for {len(told.timed)} cells; "
            f"a false alarm anywhere among them has a chance of {digits(100 * told.level, 2)} %"
        )
    if isfinite(told.detectable):
        facts.append(f"a slow-down of {digits(100 * told.detectable, 2)} % would mostly be seen")
    return [*facts, f"begun {told.started}, took {digits(told.seconds, 3)} s", *told.notes]
