"""A page in GitHub's Markdown, as a job summary takes it or a comment.

Names are text: every character that Markdown or HTML could read is written as a character
reference, which neither takes for structure, and stands in `<code>`, where GitHub neither links
addresses nor calls the people that a name mentions.
Source: GitHub Flavored Markdown Spec, 2.5 (references) and 4.10 (tables).
"""

import math
import re
from collections.abc import Iterable, Sequence

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
from attnbench.printable import one_line
from attnbench.units import digits

# A job summary of more than 1 MiB is not shown at all; what does not fit is counted.
MOST = 400_000  # characters of a table, of which there are two
_READ = re.compile(r"[^\w\s.,()/+%=>'\";-]|(?<![^\W_])_|_(?![^\W_])|(?i:(?<=www)\.)")
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


def escaped(text: str) -> str:
    """`text` such that what is shown is `text`, in a paragraph or in a cell of a table."""
    return _READ.sub(lambda found: f"&#{ord(found[0])};", one_line(text))


def _sides(gate: Gate) -> str:
    return f"{_code(side(gate.head))} against {_code(side(gate.base))}."


def _code(text: str) -> str:
    return f"<code>{escaped(text)}</code>"


def _table(found: Iterable[Finding], name: dict[str, str]) -> list[str]:
    """A block, or none for no rows; two where some do not fit."""
    rows = [_row(_cells(f, name)) for f in found]
    if not rows:
        return []
    kept, size = 0, 0
    while kept < len(rows) and (size := size + len(rows[kept])) <= MOST:
        kept += 1
    table = "\n".join([_row(_TITLES), _row(["---"] * len(_TITLES)), *rows[:kept]])
    left = len(rows) - kept
    return [table, *([f"and {left} more, which do not fit here"] if left else [])]


def _cells(finding: Finding, name: dict[str, str]) -> list[str]:
    return [
        f"{_MARKS[finding.answer]} {finding.answer}",
        _code(name[finding.trial.key]),
        escaped(finding.quantity),
        escaped(value(finding.base, finding.unit)),
        escaped(value(finding.head, finding.unit)),
        escaped(change(finding)),
        _code(finding.message),
    ]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _folded(same: list[Finding], name: dict[str, str]) -> list[str]:
    if not same:
        return []
    summary = f"<details><summary>{len(same)} the same</summary>"
    return [summary, *_table(same, name), "</details>"]


def _facts(gate: Gate) -> list[str]:
    facts = [f"base {_code(side(gate.base))}, head {_code(side(gate.head))}"]
    if where := machine(gate):
        facts.append(f"environment {_code(where)}")
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
    return [*facts, *(_code(note) for note in gate.notes)]
