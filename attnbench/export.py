"""Readings of runs as a file for other programs: CSV, or Parquet with the extra for it."""

import csv
import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from attnbench.errors import AttnbenchError
from attnbench.frame import frame
from attnbench.plain_files import replacing
from attnbench.printable import one_line
from attnbench.store import Run

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = ("=", "+", "-", "@")  # a spreadsheet computes a cell that begins so


def to_csv(runs: Sequence[Run], path: Path) -> int:
    """Rows written: those of `frame`, samples as a JSON list. Text that a spreadsheet would take
    for a formula begins with an apostrophe. Raises StoreError when it cannot be written.
    """
    rows = frame(*runs)
    rows["samples"] = [json.dumps(list(samples)) for samples in rows["samples"]]
    for column in rows.columns:
        if column != "samples" and not _is_number(rows[column]):
            rows[column] = [harmless(v) if isinstance(v, str) else v for v in rows[column]]
    with replacing(path) as draft:
        rows.to_csv(draft, index=False, quoting=csv.QUOTE_MINIMAL)
    return len(rows)


def to_parquet(runs: Sequence[Run], path: Path) -> int:
    """Rows written: those of `frame`, samples as a list. Raises AttnbenchError without pyarrow."""
    if find_spec("pyarrow") is None:
        raise AttnbenchError("Parquet needs pyarrow; install it: pip install 'attnbench[parquet]'")
    rows = frame(*runs)
    rows["samples"] = [list(samples) for samples in rows["samples"]]
    with replacing(path) as draft:
        rows.to_parquet(draft, index=False, engine="pyarrow")
    return len(rows)


def _is_number(column: "pd.Series") -> bool:
    return column.dtype.kind in "iufb"


def harmless(text: str) -> str:
    """On one line, and not as a formula: with an apostrophe before what would begin one."""
    text = one_line(text)
    return f"'{text}" if text.startswith(_FORMULA) and not _spells_number(text) else text


def _spells_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
