"""A page in GitHub's Markdown, as a job summary takes it or a comment."""

import math
from collections.abc import Iterable

from attnbench.gate.outputs.wording import (
    Finding,
    change,
    findings,
    machine,
    names,
    sentence,
    side,
    value,
)  # fmt: skip
from attnbench.gate.result import Gate
from attnbench.github_markdown import code, escaped, row
from attnbench.units import digits

MOST = 400_000  # characters of a table, of which there are two; what does not fit is counted
_TITLES = ("answer", "head", "quantity", "base", "this change", "difference", "what")
_MARKS = {"worse": "❌", "unclear": "❔", "better": "✅", "gone": "➖", "new": "➕", "same": "✔️"}


def markdown(gate: Gate) -> str:
    """The answer in a sentence, what is not the same worst first, the same folded, the facts."""
    found = findings(gate)
    name = names(f.trial for f in found)
    same = [f for f in found if f.answer == "same"]
    blocks = [
        f"## attnbench gate: {escaped(gate.suite)}",
        f"**{_MARKS[gate.answer]} {sentence(gate)}** {_sides(gate)}",
        *_table((f for f in found if f.answer != "same"), name),
        *_folded(same, name),
        "\n".join(f"- {line}" for line in _facts(gate)),
    ]
    return "\n\n".join(blocks) + "\n"


def _sides(gate: Gate) -> str:
    return f"{code(side(gate.head))} against {code(side(gate.base))}."


def _table(found: Iterable[Finding], name: dict[str, str]) -> list[str]:
    """A block, or none for no rows; two where some do not fit."""
    rows = [row(_cells(f, name)) for f in found]
    if not rows:
        return []
    kept, size = 0, 0
    while kept < len(rows) and (size := size + len(rows[kept])) <= MOST:
        kept += 1
    table = "\n".join([row(_TITLES), row(["---"] * len(_TITLES)), *rows[:kept]])
    left = len(rows) - kept
    return [table, *([f"and {left} more, which do not fit here"] if left else [])]


def _cells(finding: Finding, name: dict[str, str]) -> list[str]:
    return [
        f"{_MARKS[finding.answer]} {finding.answer}",
        code(name[finding.trial.key]),
        escaped(finding.quantity),
        escaped(value(finding.base, finding.unit)),
        escaped(value(finding.head, finding.unit)),
        escaped(change(finding)),
        code(finding.message),
    ]


def _folded(same: list[Finding], name: dict[str, str]) -> list[str]:
    if not same:
        return []
    summary = f"<details><summary>{len(same)} the same</summary>"
    return [summary, *_table(same, name), "</details>"]


def _facts(gate: Gate) -> list[str]:
    facts = [f"base {code(side(gate.base))}, head {code(side(gate.head))}"]
    if where := machine(gate):
        facts.append(f"environment {code(where)}")
    if gate.timed:
        facts.append(
            f"{gate.pairs} pairs of processes in random order (seed {gate.seed}); "
            f"a false alarm anywhere in the suite has a chance of {digits(100 * gate.level, 2)} %"
        )
        if gate.pairs < gate.needed:
            facts.append(f"with fewer than {gate.needed} pairs nothing can be told to be worse")
    if not math.isnan(gate.detectable):
        facts.append(f"a slow-down of {digits(100 * gate.detectable, 2)} % would mostly be seen")
    if gate.started:
        facts.append(f"begun {escaped(gate.started)}, took {digits(gate.seconds, 3)} s")
    return [*facts, *(code(note) for note in gate.notes)]
