"""attnbench gate: whether a change made a head worse, by a rule of known false alarms."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from attnbench.cli import _names, _options
from attnbench.cli._command import Choice, Command, option
from attnbench.cli._outputs import output_options, stdout_is_taken

SIDES, WHAT, RULE, HOW, TEST = (
    "With what",
    "What is compared",
    "The rule",
    "How",
    "Self-test",
)


# fmt: off
@click.command(
    cls=Command,
    short_help="Did a change make a head worse?",
    examples=(
        "attnbench gate --base origin/main",
        "attnbench gate --base HEAD~1 --tier exact --json",
        "attnbench gate --baseline results/RUN --markdown gate.md",
        "attnbench gate --self-test --minutes 30",
    ),
    more="Tell of what is the same, too.",
)
@option("--base", metavar="REF", heading=SIDES,
        help="Commit to compare with: checked out and measured too.")
@option("--baseline", metavar="RUN", heading=SIDES, shell_complete=_names.runs,
        help="Compare with a stored run, or with the head side of an earlier gate.")
@option("--allow-dirty", is_flag=True, heading=SIDES,
        help="Compare changes that no commit has.")
@option("--allow-mismatch", is_flag=True, heading=SIDES,
        help="Compare with a baseline from elsewhere; what differs is listed.")
@_options.suite("A suite by name, or a path to a file.  [default: gate, or self-test]", WHAT)
@option("--tier", type=Choice(["exact", "timed", "all"]), default="all", show_default=True,
        help="Counts and outputs, which have no noise; times; or both.", heading=WHAT)
@_options.heads("Compare this head as well.", WHAT)
@_options.only(WHAT)
@_options.settings("Other values for an axis, or a number of the budget.", "AXIS=VALUE,...",
                   _names.axes, WHAT)
@option("--margin", type=float, metavar="PART", heading=RULE,
        help="Relative slow-down that does not matter.  [default: the suite's, 0.02]")
@option("--level", type=float, metavar="CHANCE", heading=RULE,
        help="Of a false alarm anywhere in the suite.  [default: the suite's, 0.01]")
@option("--pairs", type=click.IntRange(min=1), metavar="N", heading=RULE,
        help="Pairs of processes a cell.  [default: what the level needs, 12 at least]")
@option("--unclear", type=Choice(["fail", "pass"]), heading=RULE,
        help="Whether times that cannot be told end with code 3 or 0.  [default: fail]")
@_options.device("Where times are taken: cpu, cuda, cuda:1; auto takes a GPU if there is one.",
                 HOW)
@_options.threads(heading=HOW)
@option("--seed", type=click.IntRange(min=0), metavar="N", heading=HOW,
        help="Of orders and inputs.  [default: drawn]")
@option("--self-test", "tests_itself", is_flag=True, heading=TEST,
        help="How often is this gate wrong here? Code against itself, with known slow-downs.")
@option("--decisions", type=click.IntRange(min=1), metavar="N", heading=TEST,
        help="On cells where nothing is planted.  [default: 200]")
@option("--minutes", type=click.FloatRange(min=0, min_open=True), metavar="M", heading=TEST,
        help="At most: no gate begins that would not end in time.")
@_options.results("Where the records of both sides go.", HOW)
@output_options
def command(
    *, base: str | None, baseline: str | None, suite_name: str | None, tier: str,
    heads: tuple[str, ...], only: tuple[str, ...], settings: tuple[str, ...],
    margin: float | None, level: float | None, pairs: int | None, unclear: str | None, device: str,
    threads: int, seed: int | None, allow_dirty: bool, allow_mismatch: bool,
    tests_itself: bool, decisions: int | None, minutes: float | None, results: Path,
    targets: dict[str, Path],
) -> None:
    """Compares the working tree with a base: exit code 0 same or better, 1 worse, 2 wrong use,
    3 cannot tell, 4 not comparable.
    """
    # fmt: on
    from attnbench.cli._console import stdout
    from attnbench.cli._gate_table import print_gate
    from attnbench.cli._progress import progress
    from attnbench.errors import SuiteError
    from attnbench.gate.judge import Wanted, judge
    from attnbench.gate.outputs import write
    from attnbench.run.asked import Asked
    from attnbench.trial import Settings

    changed = {"margin": margin, "level": level, "pairs": pairs, "unclear": unclear}
    rules = {name: value for name, value in changed.items() if value is not None}
    asked = Asked(heads=heads, only=only, settings=settings, device=device)
    if tests_itself:
        if base or baseline:
            raise SuiteError("--self-test compares code with itself; leave out the base")
        if others := ", ".join(f"--{name}" for name in targets if name != "json"):
            raise SuiteError(f"--self-test writes --json alone; leave out {others}")
        from attnbench.cli._self_test import run_self_test

        limits = {"decisions": decisions, "minutes": minutes}
        how = {name: value for name, value in limits.items() if value is not None}
        with _interruptible():
            run_self_test(
                suite_name or "self-test", asked, Settings(threads), rules, seed, results,
                targets.get("json"), **how,
            )  # fmt: skip
        return
    if decisions or minutes:
        raise SuiteError("--decisions and --minutes are of a self-test; add --self-test")
    wanted = Wanted(
        suite=suite_name or "gate", base=base or "", baseline=baseline or "", tier=tier,
        asked=asked, settings=Settings(threads), rules=rules, seed=seed, results=results,
        allow_dirty=allow_dirty, allow_mismatch=allow_mismatch,
    )  # fmt: skip
    with _interruptible(), progress() as tell:
        gate, policy, folder = judge(wanted, tell)
    print_gate(gate, policy, folder, stdout(is_taken=stdout_is_taken(targets)))
    write(gate, targets)
    sys.exit(_code(gate, policy.unclear))


def _code(gate, unclear: str) -> int:
    from attnbench.errors import EXIT_CANNOT_TELL, EXIT_NO

    if gate.answer == "unclear":
        return EXIT_CANNOT_TELL if unclear == "fail" else 0
    return EXIT_NO if gate.answer == "worse" else 0


@contextmanager
def _interruptible() -> Iterator[None]:
    """A polite kill, as a runner's time-out, ends a gate as Ctrl-C does: nothing is left behind."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
