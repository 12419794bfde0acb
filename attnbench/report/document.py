"""What sections are made of: text, lists, tables, figures, folds. How they look is the template's.

All text is plain; the template escapes it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from attnbench.report.plot import Plot, Scatter
from attnbench.report.samples_figure import Samples
from attnbench.report.tables import Table


@dataclass(frozen=True)
class Inline:
    """A word or number set apart within a text: strong, code or sup."""

    text: str
    tag: str


@dataclass(frozen=True)
class Text:
    """A paragraph. `role` is "" or "lead", "note", "warning"."""

    parts: tuple[str | Inline, ...]
    role: str = ""
    block: str = "text"


@dataclass(frozen=True)
class Bullets:
    """A list of texts."""

    items: tuple[Text, ...]
    block: str = "bullets"


@dataclass(frozen=True)
class Facts:
    """Names and what they are: the machine, the settings."""

    pairs: tuple[tuple[str, str], ...]
    block: str = "facts"


@dataclass(frozen=True)
class Figure:
    """A plot and the table of the same numbers."""

    plot: Plot | Scatter | Samples
    table: Table
    block: str = "figure"


@dataclass(frozen=True)
class Picker:
    """A figure of one trial, and `choices` for the page's script to draw others from."""

    figure: Figure
    choices: Any
    block: str = "picker"


@dataclass(frozen=True)
class Row:
    """Columns of blocks, side by side where the page is wide enough."""

    columns: tuple[tuple[Any, ...], ...]
    block: str = "row"


@dataclass(frozen=True)
class Fold:
    """Blocks that open on demand, and in print unless they are for looking things up."""

    title: str
    blocks: tuple[Any, ...]
    is_open: bool = False
    is_printed: bool = True
    block: str = "fold"


@dataclass(frozen=True)
class Heading:
    """Below the section's own."""

    text: str
    block: str = "heading"


@dataclass(frozen=True)
class Entry:
    """One style of a line, and what it means. `kind` is line, hollow, half, fit, band or limit."""

    kind: str
    words: str
    dash: tuple[float, ...] = ()


@dataclass(frozen=True)
class LineKey:
    """What the style of a line in the figures means; only the styles that occur."""

    entries: tuple[Entry, ...]
    block: str = "key"


@dataclass(frozen=True)
class Chapter:
    """A section that a run has something for."""

    name: str
    title: str
    blocks: tuple[Any, ...] = field(default=())


def text(*parts: str | Inline, role: str = "") -> Text:
    return Text(parts, role)


def bullets(items: Iterable[Text | str]) -> Bullets:
    return Bullets(tuple(i if isinstance(i, Text) else text(i) for i in items))


def strong(words: str) -> Inline:
    return Inline(words, "strong")


def code(words: str) -> Inline:
    return Inline(words, "code")


def power(exponent: str) -> tuple[str, Inline]:
    """N to that power: two parts of a text."""
    return "N", Inline(exponent, "sup")


def listed(items: list[tuple[str | Inline, ...]], last: str = "and") -> list[str | Inline]:
    """Parts joined as a sentence does: "a, b and c"."""
    joined: list[str | Inline] = []
    for i, parts in enumerate(items):
        if i:
            joined.append(f" {last} " if i == len(items) - 1 else ", ")
        joined.extend(parts)
    return joined
