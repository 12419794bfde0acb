"""What a self-test of the gate found: false alarms and power, each with its interval."""

import sys
from pathlib import Path

from attnbench.cli._console import print_table, print_text, stdout
from attnbench.cli._notes import note
from attnbench.cli._progress import progress
from attnbench.errors import EXIT_NO
from attnbench.gate.outputs import STDOUT, put
from attnbench.gate.self_test import Trying, self_test
from attnbench.gate.self_test_result import POWER, SIZES, SelfTest
from attnbench.run.asked import Asked
from attnbench.run_folders import SELF_TEST
from attnbench.stats import Estimate
from attnbench.trial import Settings
from attnbench.units import duration

TITLES = ("slower by", "decisions", "worse", "95 % interval", "unclear", "same", "better")


def run_self_test(
    suite: str, asked: Asked, settings: Settings, rules: dict[str, object], seed: int | None,
    results: Path, target: Path | None, **limits: float,
) -> None:  # fmt: skip
    """Prints what came of all gates that ended, also when it is interrupted. Exits with 1 when
    there were more false alarms than the level can explain.
    """
    trying = Trying(suite, asked, settings, rules, seed, results, **limits)
    last: tuple[SelfTest, Path] | None = None
    try:
        with progress() as tell:
            for last in self_test(trying, tell):
                note(_so_far(last[0], trying.decisions))
    finally:
        if last is not None:
            _print(*last, target)
    if last is not None and not last[0].holds:
        sys.exit(EXIT_NO)


def _so_far(found: SelfTest, wanted: int) -> str:
    done = found.count(0.0)
    left = found.seconds / done * max(wanted - done, 0)
    return (
        f"{done} of {wanted} decisions on what is the same, {found.count(0.0, 'worse')} false "
        f"alarms, about {duration(left)} left"
    )


def _print(found: SelfTest, folder: Path, target: Path | None) -> None:
    stored = folder / SELF_TEST
    console = stdout(is_taken=target == STDOUT)
    if target is not None:
        put(stored.read_text(encoding="utf-8"), target)
    rows = [_row(found, size) for size in (0.0, *SIZES)]
    print_table(console, TITLES, rows, numbers=TITLES[1:])
    caught = found.caught
    smallest = f"from {100 * caught:.3g} % on" if caught in SIZES else "none of the planted ones"
    print_text(
        console,
        f"false alarms: {found.count(0.0, 'worse')} of {found.count(0.0)} decisions, "
        f"{_interval(found.share(0.0))}; in {found.gates_with_false_alarm} of {found.gates} gates "
        f"(level {found.level:g} a gate, before the repeat)",
        f"slow-downs caught with power {POWER}: {smallest}",
        f"{found.pairs} pairs a cell, margin {100 * found.margin:.3g} %, seed {found.seed}, "
        f"{duration(found.seconds)}",
        f"stored: {stored}",
    )


def _row(found: SelfTest, size: float) -> tuple[str, ...]:
    name = f"{100 * size:.3g} %" if size else "nothing"
    counts = [str(found.count(size, answer)) for answer in ("unclear", "same", "better")]
    share = found.share(size)
    worse = str(found.count(size, "worse"))
    return (name, str(found.count(size)), worse, _interval(share), *counts)


def _interval(share: Estimate) -> str:
    if not share.known:
        return "–"
    return f"{100 * share.low:.3g} % to {100 * share.high:.3g} %"
