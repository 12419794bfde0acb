"""attnbench export: readings of runs as one table, for other programs."""

from pathlib import Path

import click

from attnbench.cli import _options
from attnbench.cli._command import Command, option
from attnbench.cli._json import json_option


@click.command(
    cls=Command,
    short_help="Readings as CSV or Parquet.",
    examples=(
        "attnbench export results/reference/sweep-cpu --csv sweep.csv",
        "attnbench export RUN1 RUN2 --parquet runs.parquet",
    ),
)
@_options.runs(required=True, metavar="RUN...")
@option(
    "--csv", "csv_file", type=click.Path(path_type=Path), metavar="FILE",
    help="Write comma-separated values.",
)  # fmt: skip
@option(
    "--parquet", "parquet_file", type=click.Path(path_type=Path), metavar="FILE",
    help="Write Parquet; needs pip install 'attnbench[parquet]'.",
)  # fmt: skip
@_options.results("Where runs are looked for that are given by name.")
@json_option()
def command(
    runs: tuple[str, ...], *, csv_file: Path | None, parquet_file: Path | None, results: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Writes the readings of runs, one row a reading and round, with the median of its samples.

    Values are in base units, which a column names: seconds, bytes, MACs, FLOPs, joules. Options of
    heads have a column each. Records without a reading have no row: they are counted on stderr.
    """
    from attnbench.cli._console import say, warn
    from attnbench.cli._json import print_json
    from attnbench.cli._reading import read_runs
    from attnbench.errors import AttnbenchError
    from attnbench.export import to_csv, to_parquet
    from attnbench.lines import latest

    if csv_file is None and parquet_file is None:
        raise AttnbenchError("which format? as in: attnbench export RUN --csv runs.csv")
    read = read_runs(runs, results)
    warn(w for run in read for w in run.warnings)
    without = [r for run in read for r in latest(run.records) if not r.readings]
    if without:
        kinds = ", ".join(sorted({r.status for r in without}))
        warn([f"{len(without)} records have no reading and so no row ({kinds})"])
    written = [
        {"path": str(path), "rows": save(read, path)}
        for path, save in ((csv_file, to_csv), (parquet_file, to_parquet))
        if path is not None
    ]
    if as_json:
        print_json({"written": written})
        return
    for file in written:
        say(f"{file['rows']} rows: {file['path']}")
