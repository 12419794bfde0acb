"""What a gate found, as a comparison of its two sides."""

from attnbench.api.comparison import WORST_FIRST, Change, Comparison, Verdict
from attnbench.gate.outputs.wording import Finding, findings
from attnbench.gate.result import Gate
from attnbench.gate.rules import Rules

PAIRED = "both are sides of one gate, which took its times in pairs: these are its answers"


def answers(gate: Gate, before: str, after: str) -> Comparison:
    margins = {t.trial.key: t.margin for t in gate.timed}
    usual = next(iter(margins.values()), Rules().margin)
    changes = [_change(found, margins) for found in findings(gate)]
    changes.sort(key=lambda change: WORST_FIRST.index(change.verdict))
    notes = (PAIRED, *gate.notes)
    return Comparison(before, after, tuple(changes), usual, gate.level, notes)


def _change(found: Finding, margins: dict[str, float]) -> Change:
    broke = found.quantity == "status" and found.answer == "worse"
    verdict: Verdict = "broke" if broke else found.answer
    margin = margins.get(found.trial.key, 0.0) if found.tier == "timed" else 0.0
    return Change(
        found.trial, found.quantity, found.unit, found.better, found.base, found.head, found.ratio,
        verdict, margin, found.message,
    )  # fmt: skip
