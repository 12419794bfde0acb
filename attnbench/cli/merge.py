"""attnbench merge: several runs as one, that a report shows in one table."""

from pathlib import Path

import click

from attnbench.cli import _options
from attnbench.cli._command import Command, option
from attnbench.cli._json import json_option


@click.command(
    cls=Command,
    short_help="Several runs as one.",
    examples=(
        "attnbench merge results/RUN1 results/RUN2 --into results/both",
        "attnbench report both",
    ),
)
@_options.runs(required=True, metavar="RUN...")
@option(
    "--into", "target", type=click.Path(path_type=Path), required=True, metavar="FOLDER",
    help="The run folder to make.",
)  # fmt: skip
@_options.results("Where runs are looked for that are given by name.")
@json_option()
def command(runs: tuple[str, ...], *, target: Path, results: Path, as_json: bool) -> None:
    """Unites the records of runs in a new run folder, which can be reported and exported.

    Rounds of different runs are never paired, and what was measured in different environments is
    told apart as different devices. Question and claims are those of the first run.
    """
    from attnbench.cli._console import say, warn
    from attnbench.cli._json import print_json
    from attnbench.cli._reading import read_runs
    from attnbench.merge import merge, write

    read = read_runs(runs, results)
    warn(w for run in read for w in run.warnings)
    merged = merge(read, target)
    warn(merged.notes)
    write(merged.run)
    united = merged.run
    if as_json:
        told = {"run": str(target), "records": len(united.records), "merged": united.info.merged}
        print_json(told | {"notes": merged.notes})
        return
    say(f"{len(united.records)} records of {len(united.info.merged)} runs: {target}")
