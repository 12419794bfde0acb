"""Workflow commands of GitHub Actions: a line of stdout that becomes an annotation.

Source: docs.github.com, Workflow commands for GitHub Actions; the escaping is that of
`escapeData` and `escapeProperty` in github.com/actions/toolkit, packages/core/src/command.ts.
"""

from attnbench.gate.outputs.wording import Finding, findings, names, sentence, side
from attnbench.gate.result import Gate
from attnbench.printable import one_line

_KINDS = {"worse": "error", "unclear": "warning", "gone": "warning"}
# GitHub shows ten annotations of a kind for a step, and drops the others without a word: the last
# line of a kind that has more tells how many.
SHOWN = 10


def github(gate: Gate) -> str:
    """`::error` for what is worse, `::warning` for what is unclear or gone, and one `::notice`.

    Better, same and new have no line of their own: the notice counts them.
    """
    name = names(f.trial for f in findings(gate))
    lines = [
        line
        for kind in ("error", "warning")
        for line in _of(kind, [f for f in findings(gate) if _KINDS.get(f.answer) == kind], name)
    ]
    against = f"{sentence(gate)} {side(gate.head)} against {side(gate.base)}."
    return "\n".join([*lines, command("notice", "attnbench gate", against)]) + "\n"


def command(kind: str, title: str, message: str) -> str:
    """`::kind title=...::message`, on one line whatever is in it."""
    escaped = _data(title).replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={escaped}::{_data(message)}"


def _of(kind: str, found: list[Finding], name: dict[str, str]) -> list[str]:
    shown = found if len(found) <= SHOWN else found[: SHOWN - 1]
    lines = [command(kind, f"{f.answer}: {one_line(f.trial.label)}", _told(f, name)) for f in shown]
    if len(shown) < len(found):
        more = f"{len(found) - len(shown)} more"
        lines.append(command(kind, more, f"and {more}: the summary has all of them"))
    return lines


def _told(finding: Finding, name: dict[str, str]) -> str:
    return f"{finding.quantity} of {name[finding.trial.key]}: {finding.message}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
