"""The report of a run: one self-contained HTML page. Imports no torch."""

from pathlib import Path

from attnbench.plain_files import replacing
from attnbench.report.page import render
from attnbench.run_folders import gate_of
from attnbench.store import Run

__all__ = ["render", "write"]


def write(run: Run, folder: Path) -> Path:
    """Renders `run` to `folder`, in a file named after it: the whole page, or none of it.

    Raises StoreError when the folder cannot be made or written.
    """
    page = render(run)
    named = gate_of(run.path) or run.path.resolve()
    target = folder / f"{named.name}.html"
    with replacing(target, "choose another folder with --reports") as draft:
        draft.write_text(page, encoding="utf-8")
    return target
