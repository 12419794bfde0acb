"""The powers of N: fitted over all sizes, and of the last doubling."""

from collections.abc import Callable

from attnbench.curves import Curve
from attnbench.report.document import Text, code, power, text
from attnbench.report.evidence import Evidence
from attnbench.report.looks import declared
from attnbench.report.numbers import exponent, misfit, side
from attnbench.report.quantities import Panel, followed, panels
from attnbench.report.sections import section
from attnbench.report.shown import COLUMNS, distance, first
from attnbench.report.tables import Cell, Column, Table, estimated, names, nothing, words
from attnbench.scaling import PowerLaw

THREE_SIZES = 3  # below that there is no fit


@section("Exponents", order=40)
def exponents(evidence: Evidence) -> list | None:
    wanted = followed(evidence, terms=True)
    found = [p for q in wanted for p in panels(evidence, q, THREE_SIZES)]
    if not found:
        return None
    shown = first(found, COLUMNS, lambda p: distance(evidence, p.setting))
    local, fitted = "Local exponent of N, over the last doubling", "Fitted exponent of N, one power"
    return [
        _intro(),
        *shown.told(evidence, "columns"),
        _table(evidence, shown.items, local, _local),
        _table(evidence, shown.items, f"{fitted} law through all sizes", _fitted),
    ]


def _intro() -> Text:
    return text(
        "The local exponent says what the next doubling will cost. The fitted one averages over "
        "the sizes, so it stays below 2 for a dense head as long as its convolutions count; its ± "
        "says how far the points stray from a line and how it varied from round to round. "
        "Attention products are the contraction terms of ",
        code("macs.counted"),
        "; the convolutions of a head grow as ",
        *power("1"),
        ".",
    )


def _local(law: PowerLaw) -> Cell:
    return estimated(exponent(law.last), law.last)


def _fitted(law: PowerLaw) -> Cell:
    return estimated(exponent(law.exponent), law.exponent, lines=misfit(law.residual))


def _table(
    evidence: Evidence, found: list[Panel], caption: str, cell: Callable[[PowerLaw], Cell]
) -> Table:
    trials = {c.label: c.trial for p in found for c in p.curves}
    rows = sorted(trials.values(), key=evidence.rank)
    columns = [names(rows)]
    if cell is _local:
        columns.append(words("MACs, as declared", [_declared(t.head) for t in rows]))
    for panel in found:
        curves = {c.label: c for c in panel.curves}
        cells = tuple(_cell(curves.get(t.label), cell) for t in rows)
        columns.append(Column(panel.title, cells, _range(panel), panel.curves[0].origin))
    return Table(caption, tuple(columns))


def _cell(curve: Curve | None, cell: Callable[[PowerLaw], Cell]) -> Cell:
    law = curve.power_law() if curve else None
    return cell(law) if law else nothing()


def _declared(head: str) -> str | Cell:
    """The growth that the head's file states, in the symbols of its paper."""
    growth = declared(head, "complexity")
    return f"O({growth})" if growth else nothing()


def _range(panel: Panel) -> str:
    sizes = sorted({s for c in panel.curves for s in c.sizes})
    return f"{side(*sizes[0])} to {side(*sizes[-1])}"
