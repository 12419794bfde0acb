"""attnbench report: runs as a page that answers their question, and for other readers."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from attnbench.cli import _options
from attnbench.cli._command import Choice, Command, option
from attnbench.cli._json import json_option

if TYPE_CHECKING:
    from attnbench.report import Contents
    from attnbench.store import Run

FORMATS, PLACES = "What to write", "Where"


@click.command(
    cls=Command,
    short_help="Page, tables and figures of a run.",
    examples=(
        "attnbench report",
        "attnbench report results/reference/sweep-cpu --latex --figures pdf",
        "attnbench report RUN1 RUN2 --markdown",
    ),
)
@_options.runs()
@option("--html", is_flag=True, heading=FORMATS, help="One self-contained HTML page.  [default]")
@option("--markdown", is_flag=True, heading=FORMATS, help="A page for GitHub: NAME.md.")
@option(
    "--latex", is_flag=True, heading=FORMATS,
    help="Tables for a paper: NAME.tex, and a document that compiles.",
)  # fmt: skip
@option(
    "--csv", is_flag=True, heading=FORMATS,
    help="Tables and readings in base units: folder NAME-csv.",
)  # fmt: skip
@option(
    "--figures", type=Choice(["pdf", "svg", "png"]), multiple=True, heading=FORMATS,
    help="Figures for a paper: folder NAME-figures; may be given several times.",
)  # fmt: skip
@option(
    "--columns", type=Choice(["1", "2"]), heading=FORMATS,
    help="Width of the figures in a paper of two columns: 3.3 or 6.9 inches.  [default: 1]",
)  # fmt: skip
@_options.results(heading=PLACES)
@option(
    "--reports", type=click.Path(path_type=Path), default=Path("reports"), show_default=True,
    metavar="FOLDER", heading=PLACES, help="Where the report is written.",
)  # fmt: skip
@option(
    "--explorer/--no-explorer", default=True, show_default=True, heading=FORMATS,
    help="Whether the page has the interactive chart, which takes five megabytes or more.",
)  # fmt: skip
@json_option()
def command(
    runs: tuple[str, ...], *, html: bool, markdown: bool, latex: bool, csv: bool,
    figures: tuple[str, ...], columns: str | None, results: Path, reports: Path,
    explorer: bool, as_json: bool,
) -> "Contents":  # fmt: skip
    """Writes the report of RUN, a run folder or its name below results; the newest without it.

    Several runs are united as `attnbench merge` does, and machines or versions stand side by side.
    NAME is that of the run. Prints the path of each file or folder that was written.
    """
    from attnbench.cli._console import say
    from attnbench.cli._json import print_json
    from attnbench.errors import AttnbenchError
    from attnbench.garbage import large_blocks_go_back
    from attnbench.report import contents

    if columns and not figures:
        raise AttnbenchError("--columns is the width of figures; add --figures pdf")
    large_blocks_go_back()
    shown = contents(_read(runs, results))
    others = markdown or latex or csv or figures
    asked = {"html": html or not others, "markdown": markdown, "latex": latex, "csv": csv}
    written = []
    for path in _written(shown, reports, asked, figures, int(columns or 1), explorer=explorer):
        written.append(str(path))
        if not as_json:
            say(written[-1])
    if as_json:
        print_json({"written": written})
    return shown  # for `main` to keep


def _written(
    shown: "Contents", reports: Path, asked: dict[str, bool], figures: tuple[str, ...],
    columns: int, *, explorer: bool,
) -> Iterator[Path]:  # fmt: skip
    """Each path once it is there."""
    from attnbench import report

    if asked["html"]:
        yield report.write_page(shown, reports, explorer=explorer)
    if asked["markdown"]:
        yield report.write_markdown(shown, reports)
    if asked["latex"]:
        yield from report.write_latex(shown, reports)
    if asked["csv"]:
        yield report.write_tables(shown, reports)
    if figures:
        yield report.write_drawings(shown, reports, figures, columns)


def _read(names: tuple[str, ...], results: Path) -> "Run":
    from attnbench.cli._reading import read_folders
    from attnbench.report.several import several
    from attnbench.run_folders import find_run, newest_run

    read = read_folders([find_run(name, results) for name in names] or [newest_run(results)])
    return read[0] if len(read) == 1 else several(read)
