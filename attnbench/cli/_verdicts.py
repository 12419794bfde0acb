"""Verdicts on a terminal, a line each, and how many of each word."""

from rich.console import Console
from rich.text import Text

from attnbench.cli._blocks import STYLES
from attnbench.report import verdict_text
from attnbench.report.sections.claims import TONES, tally
from attnbench.verdicts import Verdict


def print_verdicts(console: Console, found: list[Verdict]) -> None:
    """As in "holds  ema-linear-macs  macs.counted of ema: 1.00 (0.99 to 1.01), power of N ..."."""
    longest = max(len(v.claim.id) for v in found)
    for verdict in found:
        line = Text(f"{verdict.word:17}  ", style=STYLES[TONES[verdict.word]])
        line.append(f"{verdict.claim.id:{longest}}  {_told(verdict)}", style="default")
        console.print(line, soft_wrap=True)
    console.print(tally(found), soft_wrap=True)


def _told(verdict: Verdict) -> str:
    if verdict.found is None:
        return verdict_text.how(verdict)
    value, bounds = verdict_text.found(verdict), verdict_text.bounds(verdict)
    return f"{verdict_text.subject(verdict)}: {value} ({bounds}), {verdict_text.how(verdict)}"
