"""attnbench merge: several runs as one, that a report shows in one table."""

from pathlib import Path

import click


@click.command(
    epilog="Example: attnbench merge results/RUN1 results/RUN2 --into results/both "
    "&& attnbench report both"
)
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option(
    "--into", "target", type=click.Path(path_type=Path), required=True, metavar="FOLDER",
    help="The run folder to make.",
)  # fmt: skip
@click.option(
    "--results", type=click.Path(path_type=Path), default=Path("results"), show_default=True,
    help="Where runs are looked for that are given by name.",
)  # fmt: skip
def command(runs: tuple[str, ...], *, target: Path, results: Path) -> None:
    """Unites the records of runs in a new run folder, which can be reported and exported.

    Rounds of different runs are never paired, and what was measured in different environments is
    told apart as different devices. Question and claims are those of the first run.
    """
    from attnbench.cli._console import say, warn
    from attnbench.merge import merge, write
    from attnbench.run_folders import find_run
    from attnbench.store import read_run

    read = [read_run(find_run(run, results)) for run in runs]
    warn(w for run in read for w in run.warnings)
    merged = merge(read, target)
    warn(merged.notes)
    write(merged.run)
    united = merged.run
    say(f"{len(united.records)} records of {len(united.info.merged)} runs: {target}")
