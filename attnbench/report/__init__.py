"""The report of a run: a self-contained HTML page, and the same for other readers. No torch."""

from collections.abc import Sequence
from pathlib import Path

from attnbench.garbage import no_search
from attnbench.plain_files import replacing
from attnbench.report.contents import Contents, contents
from attnbench.report.csv_tables import write_csv
from attnbench.report.figure_files import write_figures
from attnbench.report.latex import latex, standalone
from attnbench.report.latex import stem as latex_stem
from attnbench.report.markdown import markdown
from attnbench.report.page import render
from attnbench.store import Run

__all__ = [
    "contents",
    "render",
    "write",
    "write_drawings",
    "write_latex",
    "write_markdown",
    "write_page",
    "write_tables",
]

_MEND = "choose another folder with --reports"


def write(run: Run, folder: Path, *, explorer: bool = True) -> Path:
    """Renders `run` to `folder`, in a file named after it: the whole page, or none of it.

    Raises StoreError when the folder cannot be made or written.
    """
    return write_page(contents(run), folder, explorer=explorer)


def write_page(shown: Contents, folder: Path, *, explorer: bool = True) -> Path:
    with no_search():
        page = render(shown.run, shown, explorer=explorer)
    return _put(page, folder / f"{shown.name}.html")


def write_markdown(shown: Contents, folder: Path) -> Path:
    return _put(markdown(shown), folder / f"{shown.name}.md")


def write_latex(shown: Contents, folder: Path) -> tuple[Path, Path]:
    """The tables for a paper, and the document that compiles by itself."""
    stem = latex_stem(shown)
    tables = _put(latex(shown), folder / f"{stem}.tex")
    return tables, _put(standalone(shown), folder / f"{stem}-standalone.tex")


def write_drawings(shown: Contents, folder: Path, kinds: Sequence[str], columns: int) -> Path:
    """The folder of figures, as wide as so many columns of a paper."""
    return write_figures(shown, folder, kinds, columns, _MEND)


def write_tables(shown: Contents, folder: Path) -> Path:
    """The folder of CSV files."""
    return write_csv(shown, folder, _MEND)


def _put(text: str, path: Path) -> Path:
    with replacing(path, _MEND) as draft:
        draft.write_text(text, encoding="utf-8")
    return path
