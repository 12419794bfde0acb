"""Several runs as one, in memory, for a report of all of them."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from attnbench.merge import LONGEST_NAME, merge
from attnbench.run_folders import gate_of
from attnbench.store import Run


def several(runs: Sequence[Run]) -> Run:
    """The runs, merged; what a reader of the merge should know is among its warnings.

    Raises NotMergeableError for runs of which one table would say something wrong.
    """
    merged = merge(runs, Path(_name(runs)))
    own = [f"{run.name}: {warning}" for run in runs for warning in run.warnings]
    return replace(merged.run, warnings=(*merged.notes, *own))


def _name(runs: Sequence[Run]) -> str:
    """As in "RUN1+RUN2"; of many the first, how many more, and a hash of all."""
    names = [(gate_of(run.path) or run.path.resolve()).name for run in runs]
    joined = "+".join(dict.fromkeys(names))
    if len(joined) <= LONGEST_NAME:
        return joined
    known = hashlib.sha256("\0".join(names).encode(errors="replace")).hexdigest()[:8]
    return f"{names[0][:LONGEST_NAME]}+{len(names) - 1}-more-{known}"
