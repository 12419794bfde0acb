"""What every format of a report shows: the sections of a run, with their tables and figures."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from attnbench.garbage import no_search
from attnbench.report.document import Chapter, Figure, Fold, Picker, Row
from attnbench.report.evidence import Evidence
from attnbench.report.sections import chapters
from attnbench.report.tables import Table
from attnbench.run_folders import gate_of
from attnbench.store import Run

LONGEST_SLUG = 80  # characters


@dataclass(frozen=True)
class Contents:
    """A run with its question and its sections, made once for all formats."""

    evidence: Evidence
    title: str
    question: str
    chapters: tuple[Chapter, ...]

    @property
    def run(self) -> Run:
        return self.evidence.run

    @property
    def name(self) -> str:
        """What files of the report are named after: the run, or the gate that it is a side of."""
        return (gate_of(self.run.path) or self.run.path.resolve()).name


def contents(run: Run) -> Contents:
    evidence = Evidence(run)
    with no_search():
        found = tuple(chapters(evidence))
    title = evidence.words("title") or run.info.suite
    question = evidence.words("question") or f"What did the run of {run.info.suite} find?"
    return Contents(evidence, title, question, found)


def tables(blocks: Iterable[Any], *, is_print: bool = False) -> Iterator[Table]:
    """All of them in their order, those of figures and folds too; in print not those that are for
    looking things up.
    """
    for block in _flat(blocks, is_print=is_print):
        if isinstance(block, Table):
            yield block
        elif isinstance(block, Figure):
            yield block.table


def figures(blocks: Iterable[Any]) -> Iterator[Figure]:
    return (block for block in _flat(blocks) if isinstance(block, Figure))


def _flat(blocks: Iterable[Any], *, is_print: bool = False) -> Iterator[Any]:
    for block in blocks:
        if isinstance(block, Fold):
            if block.is_printed or not is_print:
                yield from _flat(block.blocks, is_print=is_print)
        elif isinstance(block, Row):
            yield from (
                inner for column in block.columns for inner in _flat(column, is_print=is_print)
            )
        elif isinstance(block, Picker):
            yield block.figure
        else:
            yield block


class Slugs:
    """Names for files and labels: of ASCII letters, digits and dashes, none of them twice."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def slug(self, *words: str) -> str:
        """As in "sizes-64x64-n-4-096-c-512-batch-1-float32"."""
        text = re.sub(r"(\d+)²", r"\1x\1", " ".join(words)).replace("×", "x")
        base = re.sub(r"[^a-z0-9]+", "-", text.lower())[:LONGEST_SLUG].strip("-") or "table"
        found, number = base, 1
        while found in self._used:
            number += 1
            found = f"{base}-{number}"
        self._used.add(found)
        return found
