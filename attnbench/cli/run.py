"""attnbench run: measures a suite; every record is on disk the moment it is made."""

import sys
from collections.abc import Mapping
from pathlib import Path

import click
from click.core import ParameterSource

from attnbench.cli import _names, _options
from attnbench.cli._command import Choice, Command, option
from attnbench.cli._json import json_option

# May be typed again when a run is taken up.
AGAIN = {
    "resume", "retry", "probe", "jobs", "address", "results", "as_json", "quiet", "verbose",
}  # fmt: skip
WHAT, HOW, WHERE, OUT = "What to measure", "How", "Where", "What comes of it"


# fmt: off
@click.command(
    cls=Command,
    short_help="Measures a suite of heads.",
    examples=(
        "attnbench run --suite resolution-sweep",
        "attnbench run --suite resolution-sweep --only ema,isa --set size=32..128x2",
        "attnbench run --suite resolution-sweep --head ema:bases=32 --dry-run",
        "attnbench run --resume results/RUN --retry failed",
    ),
    more="Tell at the end where the time went; with --dry-run, of every trial what it needs.",
)
@_options.suite("A suite by name, or a path to a file.", WHAT)
@_options.heads("Measure this head as well; your own is my_head.py:Class.", WHAT)
@option("--metric", "metrics", multiple=True, metavar="NAME", heading=WHAT,
        shell_complete=_names.metrics,
        help="Take this metric as well; your own is my_metric.py:function.")
@_options.only(WHAT)
@_options.settings("Other values for an axis, as size=64,128, size=16..512x2 or size=32..128+32; "
                   "or for a number of the budget or a setting of the training.",
                   "AXIS=VALUE,...", _names.axes, WHAT)
@option("--data", type=click.Path(path_type=Path), metavar="ROOT", heading=WHAT,
        help="Folder of the data to train on.")
@option("--backbone-weights", type=click.Path(path_type=Path), metavar="FILE", heading=WHAT,
        help="ImageNet checkpoint of the backbone to train.")
@option("--keep-weights", is_flag=True, heading=WHAT,
        help="Keep what is trained, a file a head and seed, as attnbench maps reads it.")
@option("--resume", metavar="RUN", heading=WHAT, shell_complete=_names.runs,
        help="Take up a run folder that was interrupted.")
@option("--retry", type=Choice(["failed"]), heading=WHAT,
        help="With --resume: also what ran out of memory or time, crashed or was in error.")
@_options.threads(heading=HOW)
@option("--sdpa", type=Choice(["auto", "flash", "efficient", "cudnn", "math"]), default="auto",
        show_default=True, help="Backend of fused attention.", heading=HOW)
@option("--cudnn-benchmark", is_flag=True, heading=HOW,
        help="Let cuDNN try its kernels at the first call of a shape.")
@option("--probe/--no-probe", default=True, show_default=True, heading=HOW,
        help="First measure, for five seconds, how much this machine varies.")
@option("--seed", type=click.IntRange(min=0), metavar="N", heading=HOW,
        help="Of order and inputs.  [default: drawn]")
@_options.device("cpu, cuda, cuda:1, cuda:all; auto takes a GPU if there is one.", WHERE)
@option("--jobs", type=click.IntRange(min=1), metavar="N", heading=WHERE,
        help="Processes that count at once; with Ray, actors at most.  [default: 1; all]")
@option("--executor", type=Choice(["local", "ray"]), default="local", show_default=True,
        help="On this machine, or on a Ray cluster.", heading=WHERE)
@option("--address", metavar="HOST:PORT", heading=WHERE,
        help="Of the Ray cluster.  [default: one that runs here]")
@option("--accelerator", "accelerators", metavar="A100,H100", heading=WHERE,
        help="With Ray: measure on each of these kinds of card.")
@_options.results("Where run folders are made.", OUT)
@option("--dry-run", is_flag=True, heading=OUT,
        help="Print the plan: trials, work, memory, what will not fit, how long. Measures nothing.")
@json_option(heading=OUT)
@click.pass_context
def command(
    context: click.Context, *, suite_name: str | None, heads: tuple[str, ...],
    metrics: tuple[str, ...], only: tuple[str, ...], settings: tuple[str, ...], data: Path | None,
    backbone_weights: Path | None, keep_weights: bool, device: str, jobs: int | None,
    executor: str, address: str | None, accelerators: str | None, threads: int,
    sdpa: str, cudnn_benchmark: bool, probe: bool, seed: int | None, resume: str | None,
    retry: str | None, results: Path, dry_run: bool, as_json: bool,
) -> None:
    """Measures a suite of heads; prints a table, verdicts on its claims, and what to do next.

    With --json it prints at the end the run folder, the number of records by status, and the
    verdicts.
    """
    # fmt: on
    from attnbench.errors import SuiteError
    from attnbench.run import start
    from attnbench.run.asked import Asked
    from attnbench.stopwatch import PREPARING, Stopwatch
    from attnbench.trial import Settings

    watch = Stopwatch()
    watch.begin(PREPARING)
    if resume is not None:
        prepared = _resumed(context, resume, retry, jobs, address, results)
    elif suite_name is None:
        raise SuiteError("which suite? as in: attnbench run --suite resolution-sweep")
    else:
        if retry:
            raise SuiteError("--retry goes with --resume RUN, as in: --resume RUN --retry failed")
        settings = _options.joined(settings, root=data, backbone_weights=backbone_weights)
        settings += ("keep_weights=true",) if keep_weights else ()
        asked = Asked(heads, only, settings, device, metrics)
        over = _spread(executor, jobs, address, accelerators)
        how = Settings(threads, sdpa, cudnn_benchmark)
        if dry_run:
            _preview(suite_name, asked, over, how, results, probe=probe, as_json=as_json)
            return
        prepared = start.fresh(suite_name, asked, results, settings=how, seed=seed, over=over)
    _measure(prepared, watch, probe=probe, as_json=as_json)


def _resumed(
    context: click.Context, run: str, retry: str | None, jobs: int | None, address: str | None,
    results: Path,
):  # fmt: skip
    from attnbench.cli._notes import note
    from attnbench.errors import SuiteError
    from attnbench.run import start
    from attnbench.run_folders import find_run

    if others := ", ".join(sorted(_typed(context, besides=AGAIN))):
        raise SuiteError(f"--resume takes up a run as it was asked for; leave out {others}")
    path = find_run(run, results)
    prepared = start.resumed(path, retry=retry == "failed", jobs=jobs, address=address)
    note(_taken_up(prepared))
    return prepared


def _preview(suite, asked, over, how, results: Path, *, probe: bool, as_json: bool) -> None:
    from attnbench.cli._json import print_json
    from attnbench.cli._notes import is_verbose
    from attnbench.cli._preview import facts, print_preview
    from attnbench.cli._progress import progress
    from attnbench.errors import SuiteError
    from attnbench.run.preview import preview

    if over.executor != "local":
        raise SuiteError("--dry-run looks at this machine; leave out --executor ray")
    every = is_verbose() or as_json
    with progress() as tell:
        told = {"jobs": max(over.jobs, 1), "probe": probe, "every": every, "tell": tell}
        found = preview(suite, asked, results, how, **told)
    if as_json:
        print_json(facts(found))
    else:
        print_preview(found, every=every)


def _spread(executor: str, jobs: int | None, address: str | None, accelerators: str | None):
    from attnbench.errors import SuiteError
    from attnbench.run.start import Spread

    for name, value in (("--address", address), ("--accelerator", accelerators)):
        if value is not None and executor != "ray":
            raise SuiteError(f"{name} is of a Ray cluster; add --executor ray")
    cards = tuple(dict.fromkeys(filter(None, map(str.strip, (accelerators or "").split(",")))))
    if accelerators is not None and not cards:
        raise SuiteError("--accelerator: which kind of card? as in: --accelerator A100,H100")
    return Spread(executor, jobs or 0, address or "", cards)


def _taken_up(prepared) -> str:
    """How many records of the run count, and why the others are made again."""
    kept = len(prepared.done)
    again = [reason for reason in prepared.made_again() if reason]
    return f"resumed: {kept} of {len(prepared)} records kept" + "".join(f"; {r}" for r in again)


def _typed(context: click.Context, besides: set[str]) -> list[str]:
    """The options that stood on the command line."""
    typed = ParameterSource.COMMANDLINE
    return [
        max(param.opts, key=len)
        for param in context.command.params
        if param.name not in besides and context.get_parameter_source(param.name) is typed
    ]


def _measure(prepared, watch, *, probe: bool, as_json: bool) -> None:
    from attnbench.cli._json import print_json
    from attnbench.cli._live import view
    from attnbench.cli._notes import is_verbose
    from attnbench.cli._summary import print_summary, summary_facts
    from attnbench.stopwatch import ENDING, OWN
    from attnbench.store import WEIGHTS, read_run

    path = prepared.writer.path
    try:
        with prepared:
            _tell(prepared.examine(probe=probe), prepared.suite.budget.rounds)
            watch.begin(OWN)
            with view(prepared, sys.stderr) as watcher:
                prepared.run(watcher)
            watch.begin(ENDING)
            watch.split(OWN, prepared.spent)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"go on with: attnbench run --resume {path}") from None
    run = read_run(path)
    if as_json:
        print_json(summary_facts(run))
    else:
        print_summary(run)
        place = "" if path.parent == Path("results") else f" {path}"
        kept = f"\nweights: {path / WEIGHTS}" if (path / WEIGHTS).is_dir() else ""
        click.echo(f"\nrecords: {path}{kept}\nnext:    attnbench report --html{place}")
    watch.begin("")
    if is_verbose():
        _tell_spent(watch.seconds)


def _tell_spent(seconds: Mapping[str, float]) -> None:
    """Where the time went, a line for each part that took any."""
    from attnbench.stopwatch import PARTS
    from attnbench.units import quantity

    whole = sum(seconds.values())
    click.echo(f"\nwhere {quantity(whole, 's')} went:", err=True)
    for part in filter(seconds.get, PARTS):
        took, share = quantity(seconds[part], "s"), seconds[part] / whole
        click.echo(f"  {part:<30}{took:>9}{share:>8.1%}", err=True)


def _tell(conditions, rounds: int) -> None:
    """What a user should know before the wait."""
    from attnbench.cli._notes import note

    if conditions is None:
        note("note: the nodes were not looked at; attnbench doctor does it on each")
        return
    for line in conditions.lines(rounds):
        if line.startswith("stop"):
            click.echo(line, err=True)
        else:
            note(line)
