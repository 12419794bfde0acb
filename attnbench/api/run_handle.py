"""A run as a script has it: what was asked, what came out, and how it looks in a notebook."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attnbench.api.showing import html, plain
from attnbench.errors import AttnbenchError, UnknownNameError
from attnbench.report.brief import details, headlines
from attnbench.report.contents import Contents, contents, figures
from attnbench.report.document import Figure as Figured
from attnbench.report.document import text
from attnbench.report.evidence import Evidence
from attnbench.report.sections.claims import table as claims_table
from attnbench.run_folders import find_run, newest_run
from attnbench.store import Run as Stored
from attnbench.store import read_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from attnbench.record import Record
    from attnbench.verdicts import Verdict


@dataclass(frozen=True, repr=False, eq=False)
class Run:
    """A run folder that was read: its records, the verdicts on its claims, its figures.

    `stored` is what the folder holds, as it was when it was read. In a notebook a run shows what
    `attnbench run` prints when it ends; `print(run)` prints it.
    """

    stored: Stored

    @classmethod
    def at(cls, run: "str | Path | Run | None" = None, results: str | Path = "results") -> "Run":
        """The run in a folder: a path, or a name below `results`; the newest there without `run`.

        Raises StoreError for a folder that is no run, or is of a newer format.
        """
        if isinstance(run, Run):
            return run
        below = Path(results)
        return cls(read_run(newest_run(below) if run is None else find_run(str(run), below)))

    @property
    def path(self) -> Path:
        """The folder."""
        return self.stored.path

    @property
    def name(self) -> str:
        """Of the folder, which begins with the time."""
        return self.stored.name

    @property
    def title(self) -> str:
        """Of its suite."""
        return self._evidence.words("title") or self.stored.info.suite

    @property
    def question(self) -> str:
        """Of its suite; "" where the folder has none."""
        return self._evidence.words("question")

    @property
    def device(self) -> str:
        """On which it measured: "cpu", "cuda:0"."""
        return self.stored.info.device

    @property
    def records(self) -> "Sequence[Record]":
        """What came of each trial in each round: readings in base units, or a status and why."""
        return self._evidence.records

    @property
    def warnings(self) -> tuple[str, ...]:
        """What could not be read, and whether rounds are missing."""
        return self._evidence.warnings

    @property
    def verdicts(self) -> "tuple[Verdict, ...]":
        """On the claims of its suite: `claim.id`, `word` ("holds", "fails", "unclear", "not
        measured here"), and what was `found`, with its interval.
        """
        return tuple(self._evidence.verdicts)

    @property
    def figures(self) -> tuple[str, ...]:
        """Names of the figures of its report, for `figure`."""
        return tuple(self._figures)

    def figure(self, name: str) -> "Figure":
        """A figure of its report by its name, or the first whose name begins so: "latency".

        It is of matplotlib, and is saved by `savefig("x.pdf")`. Raises UnknownNameError for a name
        that no figure has, AttnbenchError where the run is too small to have any.
        """
        from attnbench.api.figure import figure

        found = self._figures
        if not found:
            told = "a curve needs two sizes of the map, a front needs accuracies"
            raise AttnbenchError(f"{self.path}: this run has no figure: {told}")
        chosen = next((n for n in found if n == name), None) or next(
            (n for n in found if n.startswith(name)), None
        )
        if chosen is None:
            raise UnknownNameError("figure", name, found, str(self.path))
        return figure(found[chosen].plot)

    def frame(self) -> "pd.DataFrame":
        """Its readings, as `attnbench.load(run)` has them."""
        from attnbench.api.loading import load

        return load(self)

    def __repr__(self) -> str:
        told = f"{len(self.stored.records)} records of suite {self.stored.info.suite}"
        return f"<Run {str(self.path)!r}: {told} on {self.device}>"

    def __str__(self) -> str:
        return plain(self._blocks)

    def _repr_html_(self) -> str:
        return html(self._blocks)

    @cached_property
    def _evidence(self) -> Evidence:
        return Evidence(self.stored)

    @cached_property
    def _contents(self) -> Contents:
        return contents(self.stored)

    @cached_property
    def _figures(self) -> dict[str, Figured]:
        return {f.plot.name: f for c in self._contents.chapters for f in figures(c.blocks)}

    @cached_property
    def _blocks(self) -> list[Any]:
        info, evidence = self.stored.info, self._evidence
        where = f"{self.path}: {len(self.records)} records, {info.device}, {info.created}"
        verdicts = evidence.verdicts
        return [
            text(self.title, role="lead"),
            text(self.question),
            text(where, role="note"),
            *(text(warning, role="warning") for warning in self.warnings),
            *headlines(evidence),
            *details(evidence),
            *([claims_table(verdicts, "Claims")] if verdicts else []),
        ]
