"""The largest map that each head fits into a card, predicted and measured."""

from attnbench.kinds import MODES, Mode
from attnbench.prediction import CARDS, NOT_IN_IT
from attnbench.report.document import Figure, Row, text
from attnbench.report.evidence import Evidence
from attnbench.report.numbers import number
from attnbench.report.plot import Line, Plot
from attnbench.report.quantities import MODE_WORDS
from attnbench.report.sections import section
from attnbench.report.shown import TABLES, distance, first, setting_of
from attnbench.report.slices import Slice, columns, slices
from attnbench.report.tables import Table, names, quantities
from attnbench.stats import exactly

_INTRO = (
    "The side of the largest square map whose step fits, with weights and input: that side fits "
    f"and the next does not; 0 where none fits. Not in it: {', '.join(NOT_IN_IT)}."
)
_CARDS = {card: f"frontier.{card.replace(' ', '')}" for card in CARDS}
_MEASURED = (
    ("frontier_measured", "largest side that ran"),
    ("frontier_measured.predicted", "predicted"),
)


@section("What fits a card", order=57)
def frontier(evidence: Evidence) -> list | None:
    found = [s for s in slices(evidence) if any(s.first(m) for m in _CARDS.values())]
    measured = [s for s in slices(evidence) if s.first("frontier_measured")]
    wanted = [(s, mode) for s in found for mode in MODES if _has(s, mode)]
    shown = first(wanted, TABLES, lambda w: distance(evidence, setting_of(w[0])))
    tried = first(measured, TABLES, lambda s: distance(evidence, setting_of(s)))
    figures = [_figure(s, mode) for s, mode in shown.items]
    tables = [_ran(s, mode) for s in tried.items for mode in MODES]
    blocks = [Row(tuple((f,) for f in figures))] if figures else []
    blocks += [t for t in tables if len(t.columns) > 1 and t.rows]
    told = shown.told(evidence, "figures") + tried.told(evidence, "sizes")
    return [text(_INTRO), *told, *blocks] if blocks else None


def _has(at: Slice, mode: Mode) -> bool:
    return any(any(at.estimates(metric, mode)) for metric in _CARDS.values())


def _figure(at: Slice, mode: Mode) -> Figure:
    lines = tuple(line for t in at.trials if (line := _line(at, t.label, mode)))
    sizes = {size: card for card, size in CARDS.items()}
    ends = "; ".join(f"{line.label} {number(line.values[-1], 4)}" for line in lines)
    title = f"Largest side of a map that fits, {MODE_WORDS[mode]} (predicted)"
    plot = Plot(
        f"frontier-{mode}-{at.trials[0].key}", title,
        f"Side in pixels over the memory of the card, at the largest: {ends}.", "px",
        lines, sizes, "memory of the card",
    )  # fmt: skip
    return Figure(plot, _table(at, mode, title))


def _line(at: Slice, label: str, mode: Mode) -> Line | None:
    sides = {card: at.value(label, metric, mode) for card, metric in _CARDS.items()}
    fits = {CARDS[c]: v.estimate.value for c, v in sides.items() if v and v.estimate.value > 0}
    if not fits:
        return None
    trial = next(t for t in at.trials if t.label == label)
    return Line.of(trial, [*fits], [exactly(side) for side in fits.values()])


def _table(at: Slice, mode: Mode, title: str) -> Table:
    found = [names(at.trials)]
    for card, metric in _CARDS.items():
        values = at.estimates(metric, mode)
        found.append(quantities(card, values, "px", mark_best=True, is_higher_better=True))
    where = f"{at.reads}, batch {at.shape.batch}, {at.dtype}"
    return Table(f"{title}; {where}", tuple(found)).without_empty_rows()


def _ran(at: Slice, mode: Mode) -> Table:
    where = f"{at.device}, {MODE_WORDS[mode]}, {at.reads}, batch {at.shape.batch}, {at.dtype}"
    found = (names(at.trials), *columns(at, mode, _MEASURED))
    return Table(f"Tried on {where}", found).without_empty_rows()
