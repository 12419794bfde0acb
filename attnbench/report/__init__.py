"""The report of a run: a self-contained HTML page, and the same for other readers. No torch."""

from pathlib import Path

from attnbench.plain_files import replacing
from attnbench.report.contents import Contents
from attnbench.report.contents import contents as contents_of
from attnbench.report.page import render
from attnbench.store import Run

__all__ = ["render", "write", "write_page"]

MEND = "choose another folder with --reports"


def write(run: Run, folder: Path) -> Path:
    """Renders `run` to `folder`, in a file named after it: the whole page, or none of it.

    Raises StoreError when the folder cannot be made or written.
    """
    return write_page(contents_of(run), folder)


def write_page(shown: Contents, folder: Path) -> Path:
    return put(render(shown.run, shown), folder / f"{shown.name}.html")


def put(text: str, path: Path) -> Path:
    """`path`, where `text` now is: all of it or none."""
    with replacing(path, MEND) as draft:
        draft.write_text(text, encoding="utf-8")
    return path
