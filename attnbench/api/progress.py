"""What is seen of a run while it goes on: lines on stderr, nothing, or somebody's own view."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attnbench.record import Record
    from attnbench.run.session import View
    from attnbench.run.start import Prepared
    from attnbench.trial import Task


class Silence:
    """Tells nothing."""

    def begins(self, task: "Task") -> None: ...
    def ended(self, record: "Record") -> None: ...


@contextmanager
def watched(prepared: "Prepared", progress: "bool | View", *, probe: bool) -> "Iterator[View]":
    """The view of a run. The machine is looked at before; what was found is told with True."""
    from attnbench.cli._live import view

    found = prepared.examine(probe=probe)
    showing: AbstractContextManager[View]
    if progress is True:
        lines = found.lines(prepared.suite.budget.rounds) if found else []
        sys.stderr.writelines(f"{line}\n" for line in lines)
        showing = view(prepared, sys.stderr)
    else:
        showing = nullcontext(Silence() if progress is False else progress)
    with showing as chosen:
        yield chosen
