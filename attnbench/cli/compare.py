"""attnbench compare: what changed from one run to another, by the rules of the gate."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from attnbench.api.comparison import Change, Comparison
    from attnbench.stats import Estimate


# fmt: off
@click.command(epilog="Example: attnbench compare results/RUN1 results/RUN2 --metric latency")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--head", "heads", multiple=True, metavar="NAME",
              help="Only this head; may be given more than once.")
@click.option("--metric", "metrics", multiple=True, metavar="NAME",
              help="Only this reading, as latency or macs.counted.")
@click.option("--margin", type=float, metavar="PART",
              help="Relative change that does not matter.  [default: the suite's, 0.02]")
@click.option("--level", type=float, metavar="CHANCE",
              help="That any time is called worse wrongly.  [default: the suite's, 0.01]")
@click.option("--allow-mismatch", is_flag=True,
              help="Compare runs of different machines; what differs is listed.")
@click.option("--json", "as_json", is_flag=True, help="For a program: every change.")
@click.option("--results", type=click.Path(path_type=Path), default=Path("results"),
              show_default=True, help="Where runs are looked for that are given by name.")
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
    from attnbench.cli._console import say

    found = compare(
        before, after, heads=heads, metrics=metrics, margin=margin, level=level,
        allow_mismatch=allow_mismatch, results=results,
    )  # fmt: skip
    if as_json:
        say(json.dumps(_told(found)))
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
    from attnbench.printable import one_line

    console, changes = stdout(), shown(found.changes)
    for note in found.notes:
        click.echo(f"note: {one_line(note)}", err=True)
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
        "before": _estimate(change.before),
        "after": _estimate(change.after),
        "ratio": _estimate(change.ratio),
        "verdict": change.verdict,
        "margin": change.margin,
        "message": change.message,
    }


def _estimate(found: "Estimate | None") -> dict[str, float | None] | None:
    from math import isfinite

    if found is None:
        return None
    ends = {"value": found.value, "low": found.low, "high": found.high}
    return {name: value if isfinite(value) else None for name, value in ends.items()}
