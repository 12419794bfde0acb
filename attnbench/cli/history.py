"""attnbench history: many runs in the order in which they were made, and where they stepped."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from attnbench.cli import _names, _options
from attnbench.cli._command import Command, option
from attnbench.cli._json import json_option

if TYPE_CHECKING:
    from attnbench.history import Series
    from attnbench.store import Run


@click.command(
    cls=Command,
    short_help="Where a metric stepped over many runs.",
    examples=(
        "attnbench history",
        "attnbench history --metric memory --head ema --plot memory.svg",
    ),
)
@_options.runs()
@option(
    "--metric", default="latency", show_default=True, metavar="NAME", help="What to follow.",
    shell_complete=_names.readings,
)  # fmt: skip
@option(
    "--head", "heads", multiple=True, metavar="NAME", shell_complete=_names.some_heads,
    help="This head only; may be given more than once.",
)  # fmt: skip
@option(
    "--level", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.05,
    show_default=True, help="Expected share of false ones among the series with a step.",
)  # fmt: skip
@option(
    "--margin", type=click.FloatRange(0), default=0.02, show_default=True,
    help="A measured change smaller than this, relative, is no step.",
)  # fmt: skip
@option("--all", "every", is_flag=True, help="List series without a step as well.")
@option(
    "--plot", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="A figure, as .svg, .png or .pdf: series with a step, or all where there is none.",
)  # fmt: skip
@_options.results()
@json_option()
def command(
    runs: tuple[str, ...],
    *,
    metric: str,
    heads: tuple[str, ...],
    level: float,
    margin: float,
    every: bool,
    as_json: bool,
    plot: Path | None,
    results: Path,
) -> None:
    """Says where a metric stepped over RUN..., run folders or names below results; else all there.

    Each trial on each machine is a series of its own; another processor, card, driver, torch,
    Python or number of threads makes another machine. Exit code 0 with steps or without: history
    fails no change, which is for `attnbench gate`.
    """
    from attnbench.cli._console import warn
    from attnbench.cli._history import facts, print_history
    from attnbench.cli._json import print_json
    from attnbench.errors import AttnbenchError
    from attnbench.history import history, usable

    if plot is not None:
        _check_suffix(plot)
    kept, notes = usable(_read(runs, results))
    warn(notes)
    if not kept:
        raise AttnbenchError(f"{results}: no run that has a time; attnbench run makes one")
    found = history(kept, metric, heads, level, margin)
    if plot is not None:
        _draw(found, plot)
    if as_json:
        print_json(facts(found, level))
    else:
        print_history(found, level, every=every)


def _read(names: tuple[str, ...], results: Path) -> "list[Run]":
    """Those named have to be runs; of all below results, others are left out with a warning."""
    from attnbench.cli._console import warn
    from attnbench.cli._reading import read_folders
    from attnbench.errors import StoreError
    from attnbench.run_folders import find_run, runs_in

    read = []
    for path in [find_run(name, results) for name in names] or runs_in(results):
        try:
            read += read_folders([path])
        except StoreError as error:
            if names:
                raise
            warn([str(error)])
    warn(w for run in read for w in run.warnings)
    return read


def _check_suffix(path: Path) -> None:
    from attnbench.errors import AttnbenchError
    from attnbench.report.history_figure import FORMATS

    if path.suffix not in FORMATS:
        raise AttnbenchError(f"{path}: a figure is written as {', '.join(FORMATS)}")


def _draw(found: "list[Series]", path: Path) -> None:
    from attnbench.cli._console import warn
    from attnbench.cli._notes import note
    from attnbench.report.history_figure import MOST, chosen, save

    drawn = chosen(found)
    save(drawn[:MOST], path)
    if len(drawn) > MOST:
        left = f"{len(drawn) - MOST} more series are not in {path}"
        warn([f"{left}; choose with --head"])
    note(f"figure: {path}")
