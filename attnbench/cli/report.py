"""attnbench report: runs as a page that answers their question, and for other readers."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from attnbench.report import Contents
    from attnbench.store import Run

EXAMPLES = (
    "Examples: attnbench report; attnbench report RUN --latex --figures pdf; "
    "attnbench report RUN1 RUN2 --markdown"
)


@click.command(epilog=EXAMPLES)
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@click.option("--html", is_flag=True, help="One self-contained HTML page.  [default]")
@click.option("--markdown", is_flag=True, help="A page for GitHub: NAME.md.")
@click.option(
    "--latex", is_flag=True, help="Tables for a paper: NAME.tex, and a document that compiles."
)
@click.option("--csv", is_flag=True, help="Tables and readings in base units: folder NAME-csv.")
@click.option(
    "--figures", type=click.Choice(["pdf", "svg", "png"]), multiple=True,
    help="Figures for a paper: folder NAME-figures; may be given several times.",
)  # fmt: skip
@click.option(
    "--columns", type=click.Choice(["1", "2"]),
    help="Width of the figures in a paper of two columns: 3.3 or 6.9 inches.  [default: 1]",
)  # fmt: skip
@click.option(
    "--results", type=click.Path(path_type=Path), default=Path("results"), show_default=True,
    help="Where run folders are.",
)  # fmt: skip
@click.option(
    "--reports", type=click.Path(path_type=Path), default=Path("reports"), show_default=True,
    help="Where the report is written.",
)  # fmt: skip
@click.option(
    "--explorer/--no-explorer", default=True, show_default=True,
    help="Whether the page has the interactive chart, which takes five megabytes or more.",
)  # fmt: skip
def command(
    runs: tuple[str, ...], *, html: bool, markdown: bool, latex: bool, csv: bool,
    figures: tuple[str, ...], columns: str | None, results: Path, reports: Path,
    explorer: bool,
) -> "Contents":  # fmt: skip
    """Writes the report of RUN, a run folder or its name below results; the newest without it.

    Several runs are united as `attnbench merge` does, and machines or versions stand side by side.
    NAME is that of the run. Prints the path of each file or folder that was written.
    """
    from attnbench.cli._console import say
    from attnbench.errors import AttnbenchError
    from attnbench.report import (
        contents,
        write_drawings,
        write_latex,
        write_markdown,
        write_page,
        write_tables,
    )

    if columns and not figures:
        raise AttnbenchError("--columns is the width of figures; add --figures pdf")
    shown = contents(_read(runs, results))
    others = markdown or latex or csv or figures
    if html or not others:
        say(str(write_page(shown, reports, explorer=explorer)))
    if markdown:
        say(str(write_markdown(shown, reports)))
    if latex:
        for path in write_latex(shown, reports):
            say(str(path))
    if csv:
        say(str(write_tables(shown, reports)))
    if figures:
        say(str(write_drawings(shown, reports, figures, int(columns or 1))))
    return shown  # for `main` to keep


def _read(names: tuple[str, ...], results: Path) -> "Run":
    from attnbench.report.several import several
    from attnbench.run_folders import find_run, newest_run
    from attnbench.store import read_run

    folders = [find_run(name, results) for name in names] or [newest_run(results)]
    read = [read_run(folder) for folder in folders]
    return read[0] if len(read) == 1 else several(read)
