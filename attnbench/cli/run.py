"""attnbench run: measures a suite; every record is on disk the moment it is made."""

import sys
from pathlib import Path

import click


@click.command(
    epilog="Examples: attnbench run --suite resolution-sweep; attnbench run --resume results/RUN"
)
@click.option("--suite", "suite_name", help="A suite by name, or a path to a .toml file.")
@click.option(
    "--head",
    "heads",
    multiple=True,
    metavar="NAME[:OPTION=VALUE,...]",
    help="Measure this head as well.",
)
@click.option("--only", multiple=True, metavar="NAME", help="Of the suite's heads, only this one.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="AXIS=VALUE,...",
    help="Other values for an axis of every sweep, or for a number of the budget.",
)
@click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="NAME",
    help="cpu, cuda, cuda:1; auto takes a GPU if there is one.",
)
@click.option(
    "--threads", type=click.IntRange(min=1), help="CPU threads of a head.  [default: all cores]"
)
@click.option("--seed", type=click.IntRange(min=0), help="Of order and inputs.  [default: drawn]")
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="Take up a run folder that was interrupted.",
)
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Where run folders are made.",
)
def command(
    suite_name: str | None, heads: tuple[str, ...], only: tuple[str, ...],
    settings: tuple[str, ...], device: str, threads: int | None, seed: int | None,
    resume: Path | None, results: Path,
) -> None:  # fmt: skip
    """Measures a suite of heads; prints a table, verdicts on its claims, and what to do next."""
    from attnbench.cli._summary import print_summary
    from attnbench.errors import SuiteError
    from attnbench.run import start
    from attnbench.store import read_run

    asked = start.Asked(heads=heads, only=only, settings=settings, device=device)
    if resume is not None:
        if (
            suite_name
            or heads
            or only
            or settings
            or seed is not None
            or threads is not None
            or device != "auto"
        ):
            raise SuiteError(
                "--resume takes up a run as it was asked for; leave the other options out"
            )
        prepared = start.resumed(resume)
    elif suite_name is None:
        raise SuiteError("which suite? as in: attnbench run --suite resolution-sweep")
    else:
        prepared = start.fresh(suite_name, asked, results, threads=threads, seed=seed)
    path = prepared.writer.path
    try:
        _measure(prepared)
    except KeyboardInterrupt:
        click.echo(f"interrupted; go on with: attnbench run --resume {path}", err=True)
        raise
    print_summary(read_run(path), prepared.suite)
    click.echo(f"records: {path}")
    click.echo(
        f"next:    attnbench report --html{'' if path.parent == Path('results') else f' {path}'}"
    )


def _measure(prepared) -> None:
    from attnbench.cli._live import view

    with prepared, view(prepared, sys.stderr) as watcher:
        prepared.run(watcher)
