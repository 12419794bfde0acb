"""The report of a run: one self-contained HTML page. Imports no torch."""

import os
from pathlib import Path

from attnbench.errors import StoreError
from attnbench.garbage import kept_aside
from attnbench.report.page import render
from attnbench.run_folders import gate_of
from attnbench.store import Run

__all__ = ["render", "write"]


def write(run: Run, folder: Path) -> Path:
    """Renders `run` to `folder`, in a file named after it: the whole page, or none of it.

    Raises StoreError when the folder cannot be made or written.
    """
    with kept_aside():
        page = render(run)
    named = gate_of(run.path) or run.path.resolve()
    target = folder / f"{named.name}.html"
    draft = folder / f".{target.name}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            draft.write_text(page, encoding="utf-8")
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise StoreError(
            f"{folder}: cannot write the report ({reason}); choose another folder with --reports"
        ) from None
    return target
