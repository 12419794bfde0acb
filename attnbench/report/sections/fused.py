"""What another kernel changes: each head as published against the same function, fused or compiled.

Both are of one run and were measured round by round, so the ratio is that of paired rounds.
"""

from dataclasses import dataclass, replace

from attnbench import stats
from attnbench.curves import Curve
from attnbench.report.document import Figure, Row, text
from attnbench.report.evidence import Evidence
from attnbench.report.looks import short
from attnbench.report.numbers import side, times
from attnbench.report.plot import Line, Plot
from attnbench.report.quantities import Panel, followed, panels
from attnbench.report.sections import section
from attnbench.report.shown import LINES, distance, drawn, first
from attnbench.report.tables import Cell, Column, Table, names, nothing
from attnbench.stats import Estimate
from attnbench.trial import Trial

_INTRO = (
    "Cost of the published way over that of the other kernel: 2× is half the cost, below 1× the "
    "published way is the cheaper one. Both compute the same function, to rounding."
)
LEAST = 2  # sizes of a figure


@dataclass(frozen=True)
class Pair:
    """One head in two kernels: its ratio at each size that both have."""

    trial: Trial  # of the other kernel
    sizes: tuple[tuple[int, int], ...]
    ratios: tuple[Estimate, ...]

    def at(self, size: tuple[int, int]) -> Estimate | None:
        return self.ratios[self.sizes.index(size)] if size in self.sizes else None


@section("Fused against eager", order=55)
def fused(evidence: Evidence) -> list | None:
    wanted = followed(evidence)
    is_predicted = {"memory_predicted"} & {q.metric for q in wanted}  # then measured tells no more
    wanted = [q for q in wanted if q.metric != "memory" or not is_predicted]
    found = [(p, pairs(p)) for q in wanted for p in panels(evidence, q)]
    found = [(p, told) for p, told in found if _is_of_interest(told)]
    if not found:
        return None
    shown = first(
        found, LINES // 2, lambda f: distance(evidence, f[0].setting), lambda f: drawn(len(f[1]))
    )
    figures = [
        Figure(_plot(panel, told), _table(panel, told))
        for panel, told in shown.items
        if max(len(pair.sizes) for pair in told) >= LEAST
    ]
    in_figures = {f.plot.name for f in figures}
    tables = [_table(panel, told) for panel, told in shown.items if _name(panel) not in in_figures]
    row = [Row(tuple((f,) for f in figures))] if figures else []
    return [text(_INTRO), *shown.told(evidence, "figures and tables"), *tables, *row]


def pairs(panel: Panel) -> list[Pair]:
    """The heads of a panel that have the published kernel and another one."""
    published = {_same(c.trial): c for c in panel.curves if c.trial.kernel == "eager"}
    others = [c for c in panel.curves if c.trial.kernel != "eager"]
    found = [_pair(published[_same(c.trial)], c) for c in others if _same(c.trial) in published]
    return [pair for pair in found if pair.sizes]


def _same(trial: Trial) -> str:
    return replace(trial, kernel="eager").label


def _is_of_interest(found: list[Pair]) -> bool:
    """MACs mostly do not change with the kernel, which needs no figure."""
    return any(abs(ratio.value - 1) > 0.005 for pair in found for ratio in pair.ratios)


def _pair(eager: Curve, other: Curve) -> Pair:
    sizes = tuple(s for s in eager.sizes if s in other.sizes)
    shared = [n for n in eager.numbers if n in other.numbers]
    if eager.origin != "measured" or not shared:
        at = [(eager.at(eager.sizes.index(s)), other.at(other.sizes.index(s))) for s in sizes]
        ratios = [stats.exactly(e.value / o.value) for e, o in at]
    else:
        ratios = [stats.ratio(eager.of(s, shared), other.of(s, shared)) for s in sizes]
    return Pair(other.trial, sizes, tuple(ratios))


def _name(panel: Panel) -> str:
    return f"fused-{panel.name}"


def _plot(panel: Panel, found: list[Pair]) -> Plot:
    lines = tuple(_line(pair) for pair in found)
    sizes = {h * w: side(h, w) for pair in found for h, w in pair.sizes}
    told = "; ".join(
        f"{p.trial.label} {times(p.ratios[-1].value)} at {side(*p.sizes[-1])}" for p in found
    )
    return Plot(
        _name(panel), f"{panel.title}: eager / {_other(found)}",
        f"Ratio of costs over the size of the map: {told}.", "", lines, sizes,
        limits=(("", 1.0),),
    )  # fmt: skip


def _other(found: list[Pair]) -> str:
    return " or ".join(sorted({pair.trial.kernel for pair in found}))


def _line(pair: Pair) -> Line:
    pixels = [h * w for h, w in pair.sizes]
    is_fused = pair.trial.kernel == "fused"  # as most: that is in the title
    names = {"label": short(pair.trial)} if is_fused else {}
    return Line.of(pair.trial, pixels, pair.ratios, **names)


def _table(panel: Panel, found: list[Pair]) -> Table:
    sizes = sorted({s for pair in found for s in pair.sizes}, key=lambda s: (s[0] * s[1], s))
    columns = [names([pair.trial for pair in found])]
    for size in sizes:
        cells = tuple(_cell(pair.at(size)) for pair in found)
        columns.append(Column(side(*size), cells, "×"))
    first = panel.curves[0]
    caption = f"{panel.title}: eager / {_other(found)}; {first.origin}; {panel.setting}"
    return Table(caption, tuple(columns))


def _cell(ratio: Estimate | None) -> Cell:
    if ratio is None:
        return nothing()
    lines = (
        (f"{times(ratio.low)} to {times(ratio.high)}",) if ratio.known and not ratio.exact else ()
    )
    return Cell(times(ratio.value), lines)
