"""A table as a value: columns of cells, each with unit and origin. A template makes it HTML."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from attnbench.report.looks import Look, look
from attnbench.report.numbers import interval, quantity, whole
from attnbench.stats import Estimate
from attnbench.trial import Trial
from attnbench.units import scale

MOST_ZEROS = 3  # behind the point, in a column of one unit
NOTHING = "–"
_LONG = 40  # characters


@dataclass(frozen=True)
class Cell:
    """What is printed. `lines` follow it, smaller; `look` is that of the head it names.

    `sort` is the number behind the text, in the base unit `base`, `low` and `high` its interval:
    for orders and for programs.
    """

    text: str
    lines: tuple[str, ...] = ()
    is_best: bool = False
    look: Look | None = None
    is_hollow: bool = False  # of another kernel than the published one
    tone: str = ""  # a verdict or a failure, for its colour
    sort: float | None = None
    low: float | None = None
    high: float | None = None
    base: str = ""

    @property
    def is_long(self) -> bool:
        """Whether it is a sentence, that wants a wide column."""
        return max(map(len, (self.text, *self.lines))) > _LONG


@dataclass(frozen=True)
class Column:
    """Cells under a title. `unit` and `origin` stand below it."""

    title: str
    cells: tuple[Cell, ...]
    unit: str = ""
    origin: str = ""
    is_number: bool = True


@dataclass(frozen=True)
class Table:
    """The first column names the rows."""

    caption: str
    columns: tuple[Column, ...]
    is_titled: bool = False  # what stands above it says the same as its caption

    @property
    def rows(self) -> list[tuple[Cell, ...]]:
        return list(zip(*(c.cells for c in self.columns), strict=True))

    @property
    def names_heads(self) -> bool:
        return any(c.look is not None for c in self.columns[0].cells)

    def without_empty_columns(self) -> "Table":
        kept = [c for c in self.columns[1:] if any(x.tone != "missing" for x in c.cells)]
        return replace(self, columns=(self.columns[0], *kept))

    def without_empty_rows(self) -> "Table":
        kept = [i for i, row in enumerate(self.rows) if any(c.tone != "missing" for c in row[1:])]
        columns = (replace(c, cells=tuple(c.cells[i] for i in kept)) for c in self.columns)
        return replace(self, columns=tuple(columns))


def names(trials: Sequence[Trial], title: str = "head") -> Column:
    """The column of row names: heads with the way they are drawn."""
    cells = [name(t) for t in trials]
    return Column(title, tuple(cells), is_number=False)


def name(trial: Trial) -> Cell:
    return Cell(trial.label, look=look(trial.head), is_hollow=trial.kernel != "eager")


def nothing() -> Cell:
    """For what there is no number of."""
    return Cell(NOTHING, tone="missing")


def estimated(printed: str, value: Estimate, base: str = "", **looks: Any) -> Cell:
    """A number as it is printed, with the number itself. What is exact has no interval."""
    low, high = (value.low, value.high) if value.known and not value.exact else (None, None)
    return Cell(printed, sort=value.value, low=low, high=high, base=base, **looks)


def count(number: int) -> Cell:
    return Cell(str(number), sort=number)


def words(title: str, texts: Sequence[str | Cell]) -> Column:
    cells = tuple(t if isinstance(t, Cell) else Cell(t) for t in texts)
    return Column(title, cells, is_number=False)


def quantities(
    title: str,
    values: Sequence[Estimate | None],
    unit: str,
    *,
    origin: str = "",
    missing: Sequence[str] = (),
    mark_best: bool = False,
    is_higher_better: bool = False,
) -> Column:
    """Estimates in one multiple of their unit, chosen for the largest; intervals where known.

    Each has a multiple of its own where one would need more than MOST_ZEROS behind the point.
    `missing` says, for each value that is None, what to print instead. Best is the lowest value,
    or the highest, and each whose interval reaches it.
    """
    largest = max((v.value for v in values if v), default=0.0)
    divisor, printed = scale(largest, unit)
    if any(v and 0 < abs(v.value) < divisor * 10**-MOST_ZEROS for v in values):
        divisor, printed = 0.0, ""
    chosen = best(values, -1 if is_higher_better else 1) if mark_best else set()
    cells = []
    for i, value in enumerate(values):
        if value is None:
            fate = missing[i] if missing else ""
            cells.append(
                Cell(fate or NOTHING, tone="missing" if fate in ("", "skipped") else "failed")
            )
        else:
            shown = interval(value, divisor) if divisor else quantity(value, unit)
            shown = whole(value.value) if printed == "px" and value.exact else shown
            cells.append(estimated(shown, value, unit, is_best=i in chosen))
    return Column(title, tuple(cells), printed, origin)


def best(values: Sequence[Estimate | None], sign: int = 1) -> set[int]:
    """Places of the lowest value times `sign`, and of those whose intervals reach it.

    None of a single value.
    """
    known = {i: sorted((sign * v.low, sign * v.high)) if v.known else [sign * v.value] * 2
             for i, v in enumerate(values) if v}  # fmt: skip
    if len(known) < 2:
        return set()
    first = min(known, key=lambda i: sign * values[i].value)
    return {i for i, (low, _) in known.items() if low <= known[first][1]}
