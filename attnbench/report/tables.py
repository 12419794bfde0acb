"""A table as a value: columns of cells, each with its unit and origin. Html comes from a template."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from attnbench.report.numbers import interval, number
from attnbench.stats import Estimate
from attnbench.trial import Trial
from attnbench.units import scale

NOTHING = "–"


@dataclass(frozen=True)
class Cell:
    """What is printed. `lines` follow it, smaller; `slot` is the colour of a head, from 0."""

    text: str
    lines: tuple[str, ...] = ()
    best: bool = False
    slot: int | None = None
    dashed: bool = False
    tone: str = ""  # a verdict or a failure, for its colour


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

    @property
    def rows(self) -> list[tuple[Cell, ...]]:
        return list(zip(*(c.cells for c in self.columns), strict=True))

    def without_empty_columns(self) -> "Table":
        kept = [c for c in self.columns[1:] if any(x.text != NOTHING for x in c.cells)]
        return replace(self, columns=(self.columns[0], *kept))


def names(trials: Sequence[Trial], slots: Sequence[str], title: str = "head") -> Column:
    """The column of row names: heads with their colour; `slots` are the heads of the page."""
    cells = [name(t, slots) for t in trials]
    return Column(title, tuple(cells), is_number=False)


def name(trial: Trial, slots: Sequence[str]) -> Cell:
    return Cell(trial.label, slot=slots.index(trial.head), dashed=trial.kernel != "eager")


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
) -> Column:
    """Estimates in one multiple of their unit, chosen for the largest; intervals where known.

    `missing` says, for each value that is None, what to print instead. Best is the lowest value,
    and each whose interval reaches the lowest's.
    """
    largest = max((v.value for v in values if v), default=0.0)
    divisor, printed = scale(largest, unit)
    best = _best(values) if mark_best else set()
    cells = []
    for i, value in enumerate(values):
        if value is None:
            tone = "failed" if missing and missing[i] not in ("", "skipped") else "missing"
            cells.append(Cell((missing[i] if missing else "") or NOTHING, tone=tone))
        else:
            cells.append(Cell(interval(value, divisor), best=i in best))
    return Column(title, tuple(cells), printed, origin)


def counts(title: str, values: Sequence[float | None]) -> Column:
    """Plain numbers without unit: a factor, an exponent."""
    cells = tuple(Cell(NOTHING if v is None else number(v)) for v in values)
    return Column(title, cells)


def _best(values: Sequence[Estimate | None]) -> set[int]:
    known = {i: v for i, v in enumerate(values) if v}
    if len(known) < 2:  # noqa: PLR2004 the best of one is no news
        return set()
    lowest = min(known.values(), key=lambda v: v.value)
    reach = lowest.high if lowest.known else lowest.value
    return {i for i, v in known.items() if (v.low if v.known else v.value) <= reach}


