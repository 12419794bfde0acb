"""attnbench run: measures a suite; every record is on disk the moment it is made."""

import sys
from collections.abc import Mapping
from pathlib import Path

import click
from click.core import ParameterSource

# May be typed again when a run is taken up.
AGAIN = {"resume", "retry", "probe", "jobs", "address", "verbose"}
EXAMPLES = "Examples: attnbench run --suite resolution-sweep; attnbench run --resume results/RUN"


# fmt: off
@click.command(epilog=EXAMPLES)
@click.option("--suite", "suite_name", help="A suite by name, or a path to a .toml file.")
@click.option("--head", "heads", multiple=True, metavar="NAME[:OPTION=VALUE,...]",
              help="Measure this head as well; your own is my_head.py:Class.")
@click.option("--metric", "metrics", multiple=True, metavar="NAME",
              help="Take this metric as well; your own is my_metric.py:function.")
@click.option("--only", multiple=True, metavar="NAME", help="Of the suite's heads, only this one.")
@click.option("--set", "settings", multiple=True, metavar="AXIS=VALUE,...",
              help="Other values for an axis, a number of the budget, a setting of the training.")
@click.option("--data", type=click.Path(path_type=Path), metavar="ROOT",
              help="Folder of the data to train on.")
@click.option("--backbone-weights", type=click.Path(path_type=Path), metavar="FILE",
              help="ImageNet checkpoint of the backbone to train.")
@click.option("--keep-weights", is_flag=True,
              help="Keep what is trained, a file a head and seed, as attnbench maps reads it.")
@click.option("--device", default="auto", show_default=True, metavar="NAME",
              help="cpu, cuda, cuda:1, cuda:all; auto takes a GPU if there is one.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N",
              help="Processes that count at once; with Ray, actors at most.  [default: 1; all]")
@click.option("--executor", type=click.Choice(["local", "ray"]), default="local",
              show_default=True, help="Where: on this machine, or on a Ray cluster.")
@click.option("--address", metavar="HOST:PORT",
              help="Of the Ray cluster.  [default: one that runs here]")
@click.option("--accelerator", "accelerators", metavar="A100,H100",
              help="With Ray: measure on each of these kinds of card.")
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True,
              help="CPU threads that a head may use.")
@click.option("--sdpa", type=click.Choice(["auto", "flash", "efficient", "cudnn", "math"]),
              default="auto", show_default=True, help="Backend of fused attention.")
@click.option("--cudnn-benchmark", is_flag=True,
              help="Let cuDNN try its kernels at the first call of a shape.")
@click.option("--probe/--no-probe", default=True, show_default=True,
              help="First measure, for five seconds, how much this machine varies.")
@click.option("--seed", type=click.IntRange(min=0), help="Of order and inputs.  [default: drawn]")
@click.option("--resume", type=click.Path(path_type=Path), metavar="RUN",
              help="Take up a run folder that was interrupted.")
@click.option("--retry", type=click.Choice(["failed"]),
              help="With --resume: also what ran out of memory or time, crashed or was in error.")
@click.option("--verbose", is_flag=True, help="Tell at the end where the time went.")
@click.option("--results", type=click.Path(path_type=Path), default=Path("results"),
              show_default=True, help="Where run folders are made.")
@click.pass_context
def command(
    context: click.Context, *, suite_name: str | None, heads: tuple[str, ...],
    metrics: tuple[str, ...], only: tuple[str, ...], settings: tuple[str, ...], data: Path | None,
    backbone_weights: Path | None, keep_weights: bool, device: str, jobs: int | None,
    executor: str, address: str | None, accelerators: str | None, threads: int,
    sdpa: str, cudnn_benchmark: bool, probe: bool, seed: int | None, resume: Path | None,
    retry: str | None, verbose: bool, results: Path,
) -> None:
    """Measures a suite of heads; prints a table, verdicts on its claims, and what to do next."""
    # fmt: on
    from attnbench.errors import SuiteError
    from attnbench.run import start
    from attnbench.stopwatch import PREPARING, Stopwatch
    from attnbench.trial import Settings

    watch = Stopwatch()
    watch.begin(PREPARING)
    if resume is not None:
        if others := ", ".join(sorted(_typed(context) - AGAIN)):
            raise SuiteError(f"--resume takes up a run as it was asked for; leave out {others}")
        prepared = start.resumed(resume, retry=retry == "failed", jobs=jobs, address=address)
        click.echo(_taken_up(prepared), err=True)
    elif suite_name is None:
        raise SuiteError("which suite? as in: attnbench run --suite resolution-sweep")
    else:
        if retry:
            raise SuiteError("--retry goes with --resume RUN, as in: --resume RUN --retry failed")
        settings += _places(root=data, backbone_weights=backbone_weights)
        settings += ("keep_weights=true",) if keep_weights else ()
        asked = start.Asked(heads, only, settings, device, metrics)
        over = _spread(executor, jobs, address, accelerators)
        how = Settings(threads, sdpa, cudnn_benchmark)
        prepared = start.fresh(suite_name, asked, results, settings=how, seed=seed, over=over)
    _measure(prepared, watch, probe=probe)
    if verbose:
        _tell_spent(watch.seconds)


def _places(**given: Path | None) -> tuple[str, ...]:
    """Settings of the training, as --set takes them, that hold from any folder."""
    return tuple(f"{name}={path.absolute()}" for name, path in given.items() if path)


def _spread(executor: str, jobs: int | None, address: str | None, accelerators: str | None):
    from attnbench.errors import SuiteError
    from attnbench.run.start import Spread

    for option, value in (("--address", address), ("--accelerator", accelerators)):
        if value is not None and executor != "ray":
            raise SuiteError(f"{option} is of a Ray cluster; add --executor ray")
    cards = tuple(dict.fromkeys(filter(None, map(str.strip, (accelerators or "").split(",")))))
    if accelerators is not None and not cards:
        raise SuiteError("--accelerator: which kind of card? as in: --accelerator A100,H100")
    return Spread(executor, jobs or 0, address or "", cards)


def _taken_up(prepared) -> str:
    """How many records of the run count, and why the others are made again."""
    kept = len(prepared.done)
    again = [reason for reason in prepared.made_again() if reason]
    return f"resumed: {kept} of {len(prepared)} records kept" + "".join(f"; {r}" for r in again)


def _typed(context: click.Context) -> set[str]:
    """Names of the parameters that stood on the command line."""
    typed = ParameterSource.COMMANDLINE
    return {p for p in context.params if context.get_parameter_source(p) is typed}


def _measure(prepared, watch, *, probe: bool) -> None:
    from attnbench.cli._live import view
    from attnbench.cli._summary import print_summary
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
        click.echo(f"interrupted; go on with: attnbench run --resume {path}", err=True)
        raise
    print_summary(read_run(path))
    place = "" if path.parent == Path("results") else f" {path}"
    kept = f"\nweights: {path / WEIGHTS}" if (path / WEIGHTS).is_dir() else ""
    click.echo(f"\nrecords: {path}{kept}\nnext:    attnbench report --html{place}")
    watch.begin("")


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
    if conditions is None:
        click.echo("note: the nodes were not looked at; attnbench doctor does it on each", err=True)
        return
    for line in conditions.lines(rounds):
        click.echo(line, err=True)
