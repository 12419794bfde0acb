"""attnbench export: readings of runs as one table, for other programs."""

from pathlib import Path

import click


@click.command(epilog="Example: attnbench export results/RUN1 results/RUN2 --csv runs.csv")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option(
    "--csv", "csv_file", type=click.Path(path_type=Path), metavar="FILE",
    help="Write comma-separated values.",
)  # fmt: skip
@click.option(
    "--parquet", "parquet_file", type=click.Path(path_type=Path), metavar="FILE",
    help="Write Parquet; needs pip install 'attnbench[parquet]'.",
)  # fmt: skip
@click.option(
    "--results", type=click.Path(path_type=Path), default=Path("results"), show_default=True,
    help="Where runs are looked for that are given by name.",
)  # fmt: skip
def command(
    runs: tuple[str, ...], *, csv_file: Path | None, parquet_file: Path | None, results: Path
) -> None:
    """Writes the readings of runs, one row a reading and round, with the median of its samples.

    Values are in base units, which a column names: seconds, bytes, MACs, FLOPs, joules. Options of
    heads have a column each. Records without a reading have no row: they are counted on stderr.
    """
    from attnbench.cli._console import say, warn
    from attnbench.errors import AttnbenchError
    from attnbench.export import to_csv, to_parquet
    from attnbench.lines import latest
    from attnbench.run_folders import find_run
    from attnbench.store import read_run

    if csv_file is None and parquet_file is None:
        raise AttnbenchError("which format? as in: attnbench export RUN --csv runs.csv")
    read = [read_run(find_run(run, results)) for run in runs]
    warn(w for run in read for w in run.warnings)
    without = [r for run in read for r in latest(run.records) if not r.readings]
    if without:
        kinds = ", ".join(sorted({r.status for r in without}))
        warn([f"{len(without)} records have no reading and so no row ({kinds})"])
    for path, save in ((csv_file, to_csv), (parquet_file, to_parquet)):
        if path is not None:
            say(f"{save(read, path)} rows: {path}")
