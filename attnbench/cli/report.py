"""attnbench report: a run as one page that answers its question."""

from pathlib import Path

import click


@click.command(epilog="Examples: attnbench report; attnbench report results/RUN --html")
@click.argument("run", required=False)
@click.option("--html", is_flag=True, help="One self-contained HTML page.  [default]")
@click.option(
    "--results", type=click.Path(path_type=Path), default=Path("results"), show_default=True,
    help="Where run folders are.",
)  # fmt: skip
@click.option(
    "--reports", type=click.Path(path_type=Path), default=Path("reports"), show_default=True,
    help="Where the page is written.",
)  # fmt: skip
@click.option(
    "--explorer/--no-explorer", default=True, show_default=True,
    help="Whether the page has the interactive chart, which takes five megabytes or more.",
)  # fmt: skip
def command(
    run: str | None,
    *,
    html: bool,  # noqa: ARG001 the only format so far
    results: Path,
    reports: Path,
    explorer: bool,
) -> None:
    """Writes the report of RUN, a run folder or its name below results; the newest without it.

    Prints the path of the page.
    """
    from attnbench.cli._console import say
    from attnbench.report import write
    from attnbench.run_folders import find_run, newest_run
    from attnbench.store import read_run

    folder = find_run(run, results) if run else newest_run(results)
    say(str(write(read_run(folder), reports, explorer=explorer)))
