"""What a gate found, on a terminal: the worst first, and what is the same as a count."""

from collections import Counter
from math import inf, isfinite
from pathlib import Path

from rich.console import Console
from rich.text import Text

from attnbench.cli._console import print_text
from attnbench.cli._notes import is_verbose
from attnbench.gate.result import Change, Gate, Timing
from attnbench.gate.rules import Rules
from attnbench.printable import one_line
from attnbench.trial import Trial
from attnbench.units import digits

ORDER = ("worse", "unclear", "gone", "new", "better", "same")
STYLES = {
    "broke": "bold red",
    "worse": "bold red",
    "unclear": "yellow",
    "better": "green",
    "same": "dim",
}


def print_gate(gate: Gate, rules: Rules, folder: Path, console: Console) -> None:
    print_text(console, f"{_side(gate.base)}  ->  {_side(gate.head)}   suite {gate.suite}")
    print_text(console, *(f"note: {one_line(n)}" for n in gate.notes))
    items = [*gate.exact, *gate.timed]
    for answer in ORDER:
        for item in items:
            if item.answer == answer and (answer != "same" or _is_told(item)):
                _print_item(console, item)
    if gate.timed:
        print_text(console, *_of_times(gate, rules))
    print_text(console, tally(gate), f"records: {folder}")


def tally(gate: Gate) -> str:
    """As in "1 worse, 174 same"."""
    counts = Counter(item.answer for item in (*gate.exact, *gate.timed))
    return ", ".join(f"{counts[a]} {a}" for a in ORDER if counts[a])


def _is_told(item: Change | Timing) -> bool:
    """Of what is the same, what moved within what is tolerated; with --verbose all of it."""
    return is_verbose() or (isinstance(item, Change) and bool(item.message))


def _print_item(console: Console, item: Change | Timing) -> None:
    line = Text(f"{item.answer:8} ", style=STYLES.get(item.answer, "cyan"))
    told = item.message or getattr(item, "quantity", "")  # what is the same has no message
    line.append(f"{_trial(item.trial):44}  {one_line(told)}", style="default")
    console.print(line, soft_wrap=True)


def _trial(trial: Trial) -> str:
    part = "" if trial.part == "attention" else f" {trial.part}"
    mode = "" if trial.mode == "inference" else f" {trial.mode}"
    return f"{trial.label}{part}  {trial.shape}{mode}"


def _side(side) -> str:
    return one_line(f"{side.name} ({side.commit[:12]})" if side.commit else side.name)


def _of_times(gate: Gate, rules: Rules) -> list[str]:
    told = (
        f"times: {gate.pairs} pairs a cell, {gate.needed} needed for {len(gate.timed)} cells at "
        f"level {gate.level:g}; margin {100 * rules.margin:.3g} %"
    )
    if gate.detectable == inf:
        told += "; no slow-down below a factor of ten is mostly caught here"
    elif isfinite(gate.detectable):
        least = digits(100 * gate.detectable, 2)
        told += f"; a slow-down of {least} % is mostly caught here (with power 0.8)"
    return [told]
