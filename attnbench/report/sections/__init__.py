"""Sections of the report: one a file, a function of the evidence, declared with title and order.

A section returns its blocks, or None when the run has nothing for it. To add one, add a file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attnbench.registry import Registry
from attnbench.report.document import Chapter
from attnbench.report.evidence import Evidence

Blocks = list[Any]
Body = Callable[[Evidence], Blocks | None]

SECTIONS = Registry("section", __name__, Path(__file__).parent)


@dataclass(frozen=True)
class Section:
    """A function of this folder, with its place on the page."""

    title: str
    order: int
    body: Body


def section(title: str, order: int) -> Callable[[Body], Body]:
    """Declares the function below it as the section of this file."""

    def declare(body: Body) -> Body:
        SECTIONS.add(body.__module__, Section(title, order, body))
        return body

    return declare


def chapters(evidence: Evidence) -> list[Chapter]:
    """The sections that the run has something for, in their order."""
    found = []
    for name, entry in sorted(SECTIONS.items(), key=lambda item: item[1].order):
        blocks = entry.body(evidence)
        if blocks:
            found.append(Chapter(name, entry.title, tuple(blocks)))
    return found
