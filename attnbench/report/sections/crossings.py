"""From which resolution on each efficient head is cheaper than a dense one."""

from functools import partial
from math import isinf, sqrt

from attnbench import scaling, stats
from attnbench.curves import Curve
from attnbench.report.document import Fold, text
from attnbench.report.evidence import Evidence
from attnbench.report.numbers import side, times
from attnbench.report.quantities import Panel, followed, panels
from attnbench.report.rivals import dense, efficient
from attnbench.report.sections import section
from attnbench.report.shown import COLUMNS, TABLES, distance, first
from attnbench.report.tables import Cell, Column, Table, estimated, names, nothing
from attnbench.stats import Estimate
from attnbench.trial import Trial

LEAST = 2  # sizes: at one of them nothing is overtaken


@section("Where the efficient heads overtake the dense one", order=50)
def crossings(evidence: Evidence) -> list | None:
    found = [p for q in followed(evidence) for p in panels(evidence, q, LEAST)]
    rivals = efficient(evidence)
    shown = first(found, COLUMNS, lambda p: distance(evidence, p.setting))
    against = first(dense(evidence), TABLES, lambda t: len(t.options))
    tables = [t for d in against.items if (t := _table(d, rivals, shown.items))]
    if not tables:
        return None
    intro = (
        "The side of the square map from which on a head stays cheaper, up to the largest size "
        "that both have, with its 95 % interval where it has one; below it, how the two compare "
        "at that largest size. Between two sizes the ratio is taken as a power law."
    )
    folds = [Fold(t.caption, (t,), is_open=i == 0) for i, t in enumerate(tables)]
    told = shown.told(evidence, "columns") + against.told(evidence, "tables", "of fewest options")
    return [text(intro), *told, *folds]


def _table(rival: Trial, rows: list[Trial], found: list[Panel]) -> Table | None:
    columns = []
    for panel in found:
        curves = {c.label: c for c in panel.curves}
        if rival.label not in curves:
            continue
        cells = tuple(_cell(curves[rival.label], curves.get(t.label)) for t in rows)
        columns.append(Column(panel.title, cells, "from side", panel.curves[0].origin))
    if not rows or not columns:
        return None
    caption = f"Cheaper than {rival.label}, from this side of the map on"
    table = Table(caption, (names(rows), *columns), is_titled=True)
    return table.without_empty_rows()


def _cell(rival: Curve, other: Curve | None) -> Cell:
    shared = [s for s in rival.sizes if other and s in other.sizes]
    both = [n for n in rival.numbers if other and n in other.numbers]
    if other is None or not shared or not both:
        return nothing()
    ours, theirs = (_rounds(curve, shared, both) for curve in (other, rival))
    pixels = [h * w for h, w in shared]
    at = scaling.crossing(pixels, theirs, ours)
    ratio = stats.ratio([r[-1] for r in ours], [r[-1] for r in theirs])
    compared = f"{_compared(ratio.value)} at {side(*shared[-1])}"
    sides = Estimate(sqrt(at.value), sqrt(at.low), sqrt(at.high))
    cell = partial(estimated, value=sides, base="px")
    if isinf(at.value):
        return cell(f"not up to {side(*shared[-1])}", lines=(compared,), tone="bad")
    if at.high <= pixels[0]:
        return cell(f"at most {side(*shared[0])}", lines=(compared,), tone="good")
    return cell(f"{_side(at.value)}²", lines=(*_interval(at), compared))


def _rounds(curve: Curve, sizes: list[tuple[int, int]], numbers: list[int]) -> list[list[float]]:
    places = [curve.sizes.index(s) for s in sizes]
    return [[curve.rounds[curve.numbers.index(n)][i] for i in places] for n in numbers]


def _interval(at: Estimate) -> tuple[str, ...]:
    if at.exact:
        return ()
    high = "beyond" if isinf(at.high) else f"{_side(at.high)}²"
    return (f"{_side(at.low)}² to {high}",)


def _side(pixels: float) -> str:
    return f"{sqrt(pixels):.0f}"


def _compared(ratio: float) -> str:
    if 0.995 < ratio < 1.005:
        return "the same"
    return f"{times(1 / ratio)} less" if ratio < 1 else f"{times(ratio)} more"
