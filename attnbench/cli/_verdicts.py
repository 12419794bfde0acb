"""Verdicts on a terminal, a line each, and how many of each word; and as a program gets them."""

from typing import Any

from rich.console import Console
from rich.text import Text

from attnbench.cli._blocks import STYLES
from attnbench.cli._console import print_text
from attnbench.cli._notes import is_verbose
from attnbench.report import verdict_text
from attnbench.report.sections.claims import TONES, tally
from attnbench.verdicts import Verdict


def print_verdicts(console: Console, found: list[Verdict]) -> None:
    """As in "holds  ema-linear-macs  macs.counted of ema: 1.00 (0.99 to 1.01), power of N ...".

    With --verbose each with what it says and where.
    """
    longest = max(len(v.claim.id) for v in found)
    for verdict in found:
        line = Text(f"{verdict.word:17}  ", style=STYLES[TONES[verdict.word]])
        line.append(f"{verdict.claim.id:{longest}}  {_told(verdict)}", style="default")
        console.print(line, soft_wrap=True)
        if is_verbose():
            claim = verdict.claim
            print_text(console, f"{'':17}  {claim.says} ({claim.source})")
    console.print(tally(found), soft_wrap=True)


def verdict_facts(suite: str, verdict: Verdict) -> dict[str, Any]:
    """What a program gets."""
    return {
        "suite": suite,
        **{name: getattr(verdict.claim, name) for name in ("id", "says", "source")},
        "verdict": verdict.word,
        "found": verdict.found,
        "unit": verdict.unit,
        "holds_if": verdict_text.condition(verdict.claim),
        "detail": verdict.detail,
    }


def _told(verdict: Verdict) -> str:
    if verdict.found is None:
        return verdict_text.how(verdict)
    value, bounds = verdict_text.found(verdict), verdict_text.bounds(verdict)
    return f"{verdict_text.subject(verdict)}: {value} ({bounds}), {verdict_text.how(verdict)}"
