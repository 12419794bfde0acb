"""attnbench gate: whether a change made a head worse, by a rule of known false alarms."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from attnbench.cli._outputs import output_options, stdout_is_taken

EXAMPLES = "Examples: attnbench gate --base origin/main; attnbench gate --self-test"


# fmt: off
@click.command(epilog=EXAMPLES)
@click.option("--base", metavar="REF", help="Commit to compare with: checked out and measured too.")
@click.option("--baseline", metavar="RUN",
              help="Compare with a stored run, or with the head side of an earlier gate.")
@click.option("--suite", "suite_name",
              help="A suite by name, or a path to a .toml file.  [default: gate, or self-test]")
@click.option("--tier", type=click.Choice(["exact", "timed", "all"]), default="all",
              show_default=True, help="Counts and outputs, which have no noise; times; or both.")
@click.option("--head", "heads", multiple=True, metavar="NAME[:OPTION=VALUE,...]",
              help="Compare this head as well.")
@click.option("--only", multiple=True, metavar="NAME", help="Of the suite's heads, only this one.")
@click.option("--set", "settings", multiple=True, metavar="AXIS=VALUE,...",
              help="Other values for an axis, or a number of the budget.")
@click.option("--margin", type=float, metavar="PART",
              help="Relative slow-down that does not matter.  [default: the suite's, 0.02]")
@click.option("--level", type=float, metavar="CHANCE",
              help="Of a false alarm anywhere in the suite.  [default: the suite's, 0.01]")
@click.option("--pairs", type=click.IntRange(min=1), metavar="N",
              help="Pairs of processes a cell.  [default: what the level needs, 12 at least]")
@click.option("--unclear", type=click.Choice(["fail", "pass"]),
              help="Whether times that cannot be told end with code 3 or 0.  [default: fail]")
@click.option("--device", default="auto", show_default=True, metavar="NAME",
              help="Where times are taken: cpu, cuda, cuda:1; auto takes a GPU if there is one.")
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True,
              help="CPU threads that a head may use.")
@click.option("--seed", type=click.IntRange(min=0), help="Of orders and inputs.  [default: drawn]")
@click.option("--allow-dirty", is_flag=True, help="Compare changes that no commit has.")
@click.option("--allow-mismatch", is_flag=True,
              help="Compare with a baseline from elsewhere; what differs is listed.")
@click.option("--self-test", "tests_itself", is_flag=True,
              help="How often is this gate wrong here? Code against itself, with known slow-downs.")
@click.option("--decisions", type=click.IntRange(min=1), metavar="N",
              help="Of a self-test, on cells where nothing is planted.  [default: 200]")
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), metavar="M",
              help="Of a self-test, at most: no gate begins that would not end in time.")
@click.option("--results", type=click.Path(path_type=Path), default=Path("results"),
              show_default=True, help="Where the records of both sides go.")
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
    from attnbench.errors import SuiteError
    from attnbench.gate.judge import Wanted, judge
    from attnbench.gate.outputs import write
    from attnbench.run.start import Asked
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
                _progress(), targets.get("json"), **how,
            )  # fmt: skip
        return
    if decisions or minutes:
        raise SuiteError("--decisions and --minutes are of a self-test; add --self-test")
    wanted = Wanted(
        suite=suite_name or "gate", base=base or "", baseline=baseline or "", tier=tier,
        asked=asked, settings=Settings(threads), rules=rules, seed=seed, results=results,
        allow_dirty=allow_dirty, allow_mismatch=allow_mismatch,
    )  # fmt: skip
    with _interruptible():
        gate, policy, folder = judge(wanted, _progress())
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


def _progress():
    """A line on stderr for each stage, and in it for each tenth and what is left."""
    import time

    from attnbench.cli._live import duration

    begun: dict[str, float] = {}

    def tell(what: str, done: int, total: int) -> None:
        first = begun.setdefault(what, time.monotonic())
        step = max(total // 10, 1)
        if done % step and done < total:
            return
        left = (time.monotonic() - first) / done * (total - done) if done else None
        rest = "" if left is None or done == total else f", about {duration(left)} left"
        click.echo(f"{what} {done}/{total}{rest}", err=True)

    return tell
