"""The report in GitHub's Markdown: for the summary of a job, a comment, or a file in a repository.

The blocks of the page, with the tables of figures in their place; pictures are left out. GitHub
shows no summary of more than 1 MiB, so tables that do not fit are left out, and named.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from attnbench.github_markdown import LARGEST, code, paragraph, prose, row
from attnbench.report.contents import Contents
from attnbench.report.document import (
    Bullets,
    Facts,
    Figure,
    Fold,
    Heading,
    Inline,
    Picker,
    Row,
    Text,
)
from attnbench.report.tables import Cell, Column, Table

MOST = LARGEST - 2**16  # bytes; the rest is for what else a job says
MOST_OF_A_TABLE = 2**17
LONGEST_TEXT = 10_000  # characters
LONG = 30  # rows of a table that is folded, unless it stands beside the answer
_PICTURES = ("gallery", "store", "legend", "key")  # blocks without a word for those who see none


@dataclass(frozen=True)
class Part:
    """A piece of the page, of which a table is left out first. `name` tells what it was."""

    text: str
    name: str = ""

    @property
    def size(self) -> int:
        return len(self.text.encode()) + 2


def markdown(shown: Contents) -> str:
    """The whole page, never above MOST bytes. The same run gives the same bytes."""
    parts = _fitting([*_begin(shown), *_chapters(shown)])
    return "\n\n".join(part.text for part in parts) + "\n"


def _begin(shown: Contents) -> Iterator[Part]:
    info = shown.run.info
    yield Part(f"# {paragraph(prose(shown.question))}")
    yield Part(
        f"{paragraph(prose(shown.title))}. Run {code(shown.run.name)} of suite {code(info.suite)}, "
        f"attnbench {prose(info.attnbench)}."
    )


def _chapters(shown: Contents) -> Iterator[Part]:
    first, *others = shown.chapters
    yield from _parts(first.blocks, longest=None)
    for chapter in others:
        parts = list(_parts(chapter.blocks))
        if parts:
            yield Part(f"## {prose(chapter.title)}")
            yield from parts


def _fitting(parts: Sequence[Part]) -> list[Part]:
    """Those for which there is room: text before tables, the first before the last."""
    room = MOST - 2**12  # for the sentence that names what is left out
    kept = set()
    for i in sorted(range(len(parts)), key=lambda i: bool(parts[i].name)):
        if parts[i].size <= room:
            room -= parts[i].size
            kept.add(i)
    left = [part.name or "a text" for i, part in enumerate(parts) if i not in kept]
    told = [Part(_left_out(left))] if left else []
    return [part for i, part in enumerate(parts) if i in kept] + told


def _left_out(names: list[str]) -> str:
    told = "; ".join(name[:200] for name in names[:10]) + ("; …" if len(names) > 10 else "")
    return f"Left out, as they do not fit here: {len(names)}: {prose(told)}."


def _parts(blocks: Iterable[Any], longest: int | None = LONG) -> Iterator[Part]:
    """Blocks as parts; a table of more rows than `longest` is folded."""
    for block in _seen(blocks):
        if isinstance(block, Table):
            is_long = longest is not None and len(block.rows) > longest
            yield _folded(block.caption, _table(block)) if is_long else _titled(block)
        elif isinstance(block, Figure):
            yield _folded(block.plot.title, _table(block.table))
        elif isinstance(block, Row):
            yield from _parts((b for column in block.columns for b in column), longest)
        elif isinstance(block, Picker):
            yield from _parts([block.figure], longest)
        elif isinstance(block, Fold) and block.is_printed:
            yield from _fold(block)
        elif type(block) in _WORDS:
            yield Part(_WORDS[type(block)](block))


def _seen(blocks: Iterable[Any]) -> list[Any]:
    """Without pictures, and without the words right before them, which are of them."""
    kept: list[Any] = []
    for block in blocks:
        if not _is_picture(block):
            kept.append(block)
            continue
        while kept and isinstance(kept[-1], Heading | Text):
            kept.pop()
    return kept


def _is_picture(block: Any) -> bool:
    if isinstance(block, Fold):
        return all(map(_is_picture, block.blocks))
    return getattr(block, "block", "") in _PICTURES


def _fold(fold: Fold) -> Iterator[Part]:
    inner = "\n\n".join(part.text for part in _parts(fold.blocks, longest=None))
    if inner:
        yield _folded(fold.title, inner, is_open=fold.is_open)


def _folded(title: str, inner: str, *, is_open: bool = False) -> Part:
    begin = f"<details{' open' if is_open else ''}><summary>{prose(title)}</summary>"
    return Part(f"{begin}\n\n{inner}\n\n</details>", title)


def _titled(table: Table) -> Part:
    title = "" if table.is_titled else f"<strong>{prose(table.caption)}</strong>\n\n"
    return Part(title + _table(table), table.caption)


def _table(table: Table) -> str:
    head = row([_title(column) for column in table.columns])
    rule = row(["---:" if column.is_number else "---" for column in table.columns])
    rows = [row([_cell(cell) for cell in cells]) for cells in table.rows]
    kept, size = 0, 0
    while kept < len(rows) and (size := size + len(rows[kept].encode())) <= MOST_OF_A_TABLE:
        kept += 1
    left = len(rows) - kept
    more = f"\n\nand {left} more, which do not fit here" if left else ""
    return "\n".join([head, rule, *rows[:kept]]) + more


def _title(column: Column) -> str:
    below = ", ".join(filter(None, (column.unit, column.origin)))
    return prose(column.title) + (f"<br>({prose(below)})" if below else "")


def _cell(cell: Cell) -> str:
    shown = prose(cell.text)
    shown = f"<strong>{shown}</strong>" if cell.is_best else shown
    return shown + "".join(f"<br><sub>{prose(line)}</sub>" for line in cell.lines)


def _text(block: Text) -> str:
    warning = "<strong>Warning:</strong> " if block.role == "warning" else ""
    return warning + paragraph(_words(block.parts))


def _words(parts: Sequence[str | Inline]) -> str:
    shown, room = [], LONGEST_TEXT
    for part in parts:
        words = part if isinstance(part, str) else part.text
        cut = words if len(words) <= room else words[:room] + " …"
        shown.append(cut if isinstance(part, str) and not cut else _inline(part, cut))
        room = max(room - len(words), 0)
    return "".join(shown)


def _inline(part: str | Inline, words: str) -> str:
    if isinstance(part, str):
        return prose(words)
    return code(words) if part.tag == "code" else f"<{part.tag}>{prose(words)}</{part.tag}>"


def _bullets(block: Bullets) -> str:
    return "\n".join(f"- {_text(item)}" for item in block.items)


def _facts(block: Facts) -> str:
    return "\n".join(f"- <strong>{prose(k)}</strong>: {prose(v)}" for k, v in block.pairs)


_WORDS: dict[type, Callable[[Any], str]] = {
    Text: _text,
    Bullets: _bullets,
    Facts: _facts,
    Heading: lambda block: f"### {prose(block.text)}",
}
