"""attnbench compare: what changed from one run to another, by the rules of the gate."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from attnbench.cli import _names, _options
from attnbench.cli._command import Command, option
from attnbench.cli._json import json_option, print_json

if TYPE_CHECKING:
    from attnbench.api.comparison import Change, Comparison


# fmt: off
@click.command(
    cls=Command,
    short_help="What changed from one run to another.",
    examples=("attnbench compare results/RUN1 results/RUN2 --metric latency",),
)
@click.argument("before", metavar="A", shell_complete=_names.runs)
@click.argument("after", metavar="B", shell_complete=_names.runs)
@option("--head", "heads", multiple=True, metavar="NAME", shell_complete=_names.heads,
        help="Only this head; may be given more than once.")
@option("--metric", "metrics", multiple=True, metavar="NAME", shell_complete=_names.readings,
        help="Only this reading, as latency or macs.counted.")
@option("--margin", type=float, metavar="PART",
        help="Relative change that does not matter.  [default: the suite's, 0.02]")
@option("--level", type=float, metavar="CHANCE",
        help="That any time is called worse wrongly.  [default: the suite's, 0.01]")
@option("--allow-mismatch", is_flag=True,
        help="Compare runs of different machines; what differs is listed.")
@_options.results("Where runs are looked for that are given by name.")
@json_option()
def command(
    *, before: str, after: str, heads: tuple[str, ...], metrics: tuple[str, ...],
    margin: float | None, level: float | None, allow_mismatch: bool, as_json: bool, results: Path,
) -> None:
    """Holds run B against run A, trial by trial: what is worse, unclear, new, gone or better.

    Counts have no noise: any change is told. Times of two runs were not taken side by side, so
    their margin is wider by the spread of processes; attnbench gate measures both at once. Exit
    code 0: same or better; 1: worse; 3: cannot tell; 4: not comparable.
    """
    # fmt: on
    from attnbench.api.comparing import compare
    found = compare(
        before, after, heads=heads, metrics=metrics, margin=margin, level=level,
        allow_mismatch=allow_mismatch, results=results,
    )  # fmt: skip
    if as_json:
        print_json(_told(found))
    else:
        _print(found)
    sys.exit(_code(found))


def _code(found: "Comparison") -> int:
    from attnbench.errors import EXIT_CANNOT_TELL, EXIT_NO

    return {"worse": EXIT_NO, "unclear": EXIT_CANNOT_TELL}.get(found.verdict, 0)


def _print(found: "Comparison") -> None:
    from rich.text import Text

    from attnbench.api.comparison import shown
    from attnbench.cli._console import print_text, stdout
    from attnbench.cli._gate_table import STYLES
    from attnbench.cli._notes import note
    from attnbench.printable import one_line

    console, changes = stdout(), shown(found.changes)
    for told in found.notes:
        note(f"note: {told}")
    wide = max((len(change.where) for change in changes), default=0)
    for change in changes:
        line = Text(f"{change.verdict:8} ", style=STYLES.get(change.verdict, "cyan"))
        line.append(f"{change.where:{wide}}  {one_line(change.message)}", style="default")
        console.print(line, soft_wrap=True)
    print_text(console, found.tally)


def _told(found: "Comparison") -> dict[str, Any]:
    """What a program gets, in base units; a number that is not known is null."""
    return {
        "before": found.before,
        "after": found.after,
        "verdict": found.verdict,
        "counts": found.counts,
        "margin": found.margin,
        "level": found.level,
        "notes": list(found.notes),
        "changes": [_change(change) for change in found],
    }


def _change(change: "Change") -> dict[str, Any]:
    import msgspec

    return {
        "trial": msgspec.to_builtins(change.trial),
        "key": change.trial.key,
        "metric": change.metric,
        "unit": change.unit,
        "better": change.better,
        "before": change.before,
        "after": change.after,
        "ratio": change.ratio,
        "verdict": change.verdict,
        "margin": change.margin,
        "message": change.message,
    }
