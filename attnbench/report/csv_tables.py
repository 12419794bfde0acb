"""The tables of the report as CSV files: numbers in base units, an interval in two columns."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path

from attnbench.export import harmless, to_csv
from attnbench.plain_files import replacing_folder
from attnbench.report.contents import Contents, Slugs, tables
from attnbench.report.tables import Cell, Column, Table

DIGITS = 12  # more than any clock gives, and fewer than rounding errors have
INDEX, READINGS = "index.csv", "readings.csv"
_TITLES = ("file", "section", "caption", "column", "unit", "origin")
_MULTIPLES = ("", "k", "M", "G", "T", "P")  # of a number, as it is printed


@dataclass(frozen=True)
class Field:
    """A column of a file. `unit` is a base unit, "" for words and for numbers without one."""

    title: str
    values: tuple[str, ...]
    unit: str = ""
    origin: str = ""

    @property
    def header(self) -> str:
        return f"{self.title} [{self.unit}]" if self.unit else self.title


def write_csv(shown: Contents, folder: Path, mend: str) -> Path:
    """The folder that was made: a file for each table, `index.csv`, which tells what is in them,
    and `readings.csv`, which is what `attnbench export --csv` writes. Raises StoreError.
    """
    target = folder / f"{shown.name}-csv"
    slugs, told = Slugs(), []
    slugs.slug(INDEX.removesuffix(".csv"))
    slugs.slug(READINGS.removesuffix(".csv"))
    with replacing_folder(target, (".csv",), mend) as draft:
        for chapter in shown.chapters:
            for table in tables(chapter.blocks):
                file = f"{slugs.slug(chapter.name, table.caption)}.csv"
                found = fields(table)
                rows = zip(*(f.values for f in found), strict=True)
                _save(draft / file, [f.header for f in found], rows)
                where = (file, chapter.title, table.caption)
                told += [(*where, f.header, f.unit, f.origin) for f in found]
        _save(draft / INDEX, _TITLES, told)
        to_csv([shown.run], draft / READINGS)
    return target


def fields(table: Table) -> list[Field]:
    """The columns of the file of a table; no two have the same header."""
    found: list[Field] = []
    used: set[str] = set()
    for field in (f for column in table.columns for f in _fields(column)):
        title, number = field.title, 1
        while Field(title, (), field.unit).header in used:
            number += 1
            title = f"{field.title} {number}"
        found.append(Field(title, field.values, field.unit, field.origin))
        used.add(found[-1].header)
    return found


def _fields(column: Column) -> Iterator[Field]:
    """Numbers with their ends and units, or words; what stands beside them as a note."""
    cells = column.cells
    is_number = any(c.sort is not None for c in cells)
    if not is_number:
        texts = tuple("" if c.tone == "missing" else c.text for c in cells)
        yield Field(_title(column), texts, origin=column.origin)
    else:
        yield from _numbers(column)
    notes = tuple(_note(c, is_number=is_number) for c in cells)
    if any(notes):
        yield Field(f"{_title(column)}, note", notes)


def _numbers(column: Column) -> Iterator[Field]:
    cells, title = column.cells, _title(column)
    units = {c.base for c in cells if c.sort is not None}
    unit = units.pop() if len(units) == 1 else ""
    for end, values in (
        ("", [c.sort for c in cells]),
        (", low", [c.low for c in cells]),
        (", high", [c.high for c in cells]),
    ):
        if any(v is not None for v in values):
            yield Field(title + end, tuple(map(_number, values)), unit, column.origin)
    if units:  # more than the one that was taken
        yield Field(f"{title}, unit", tuple(c.base for c in cells))


def _title(column: Column) -> str:
    """With what the page has below it, where that says of what the number is."""
    has_unit = any(c.base for c in column.cells)
    if has_unit or column.unit in _MULTIPLES or not column.is_number:
        return column.title
    return f"{column.title}, {column.unit}"


def _note(cell: Cell, *, is_number: bool) -> str:
    told = list(cell.lines)
    if is_number and cell.sort is None and cell.tone != "missing":
        told.insert(0, cell.text)
    return "; ".join(told)


def _number(value: float | None) -> str:
    if value is None or isnan(value):
        return ""
    return str(int(value)) if float(value).is_integer() else f"{value:.{DIGITS}g}"


def _save(path: Path, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([harmless(title) for title in titles])
        writer.writerows([harmless(cell) for cell in row] for row in rows)
