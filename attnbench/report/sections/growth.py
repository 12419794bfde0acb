"""Figures of cost over resolution, each with its fits and its table."""

from collections.abc import Sequence

from attnbench.curves import Curve
from attnbench.prediction import CARDS
from attnbench.report.document import Entry, Figure, LineKey, Row, text
from attnbench.report.evidence import Evidence
from attnbench.report.looks import FAMILIES, OWN, family
from attnbench.report.numbers import exponent, misfit, quantity, side, whole
from attnbench.report.plot import Line, Plot
from attnbench.report.quantities import Panel, followed, panels
from attnbench.report.rivals import DENSE
from attnbench.report.sections import section
from attnbench.report.shown import LINES, distance, drawn, first
from attnbench.report.tables import Cell, Column, Table, estimated, names, nothing, quantities
from attnbench.scaling import PowerLaw

LEAST = 2  # sizes: a single point is no curve
YARDSTICK = "fcn"


@section("Growth with resolution", order=30)
def growth(evidence: Evidence) -> list | None:
    found = [p for q in followed(evidence, terms=True) for p in panels(evidence, q, LEAST)]
    if not found:
        return None
    intro = (
        "Both axes are logarithmic, so a power law is a straight line and its slope is the "
        "exponent. Where the points bend away from the thin fit, one power does not describe "
        "the head: N²·C + N·C² bends from 1 towards 2."
    )
    shown = first(
        found, LINES, lambda p: distance(evidence, p.setting), lambda p: drawn(len(p.curves))
    )
    figures = [figure(p) for p in shown.items]
    row = Row(tuple((f,) for f in figures))
    return [text(intro), *shown.told(evidence, "figures"), _key(figures, shown.items), row]


def figure(panel: Panel) -> Figure:
    lines = [_line(panel, c) for c in panel.curves]
    sizes = {n: side(*s) for c in panel.curves for n, s in zip(c.pixels, c.sizes, strict=True)}
    first = panel.curves[0]
    is_told = first.origin in panel.title.lower()
    title = panel.title if is_told else f"{panel.title} ({first.origin})"
    plot = Plot(
        panel.name, title, _description(panel), first.unit, tuple(lines), sizes,
        limits=_limits(panel, max(max(line.values) for line in lines)),
    )  # fmt: skip
    return Figure(plot, table(panel, sizes))


def _limits(panel: Panel, most: float) -> tuple[tuple[str, float], ...]:
    """Cards whose memory ends below the costliest point."""
    if not panel.quantity.metric.startswith("memory"):
        return ()
    return tuple((name, float(size)) for name, size in CARDS.items() if size < most)


def table(panel: Panel, sizes: dict[int, str]) -> Table:
    """The numbers of a figure: a row a head, a column a size, the fit last."""
    curves = panel.curves
    first = curves[0]
    columns = [names([c.trial for c in curves])]
    for n in sorted(sizes):
        values = [c.at(c.pixels.index(n)) if n in c.pixels else None for c in curves]
        columns.append(quantities(sizes[n], values, first.unit))
    laws = [c.power_law() for c in curves]
    columns.append(Column("fit", tuple(_fit(law) for law in laws), unit="power of N"))
    return Table(f"{panel.title}; {first.origin}; {panel.where}", tuple(columns))


def _fit(law: PowerLaw | None) -> Cell:
    if law is None:
        return nothing()
    return estimated(exponent(law.exponent), law.exponent, lines=misfit(law.residual))


def _line(panel: Panel, curve: Curve) -> Line:
    trial = curve.trial
    variants = [c.trial.options for c in panel.curves if c.trial.head == trial.head]
    return Line.of(
        trial, curve.pixels, [curve.at(i) for i in range(len(curve.pixels))],
        variant=len({str(v) for v in variants[: variants.index(trial.options)]}),
        is_reference=trial.label in references(panel.curves), fit=curve.power_law(),
    )  # fmt: skip


def references(curves: Sequence[Curve]) -> list[str]:
    """What the others are held against: the yardstick, and the first dense head of the field."""
    labels = {c.label for c in curves}
    return [*({YARDSTICK} & labels), *[d for d in DENSE if d in labels][:1]]


def _key(figures: list[Figure], found: list[Panel]) -> LineKey:
    """Families by their lines, then what else occurs."""
    lines = [line for f in figures for line in f.plot.lines]
    trials = [c.trial for p in found for c in p.curves]
    used = {family(t.head) for t in trials}
    entries = [Entry("line", name, dash) for name, dash in FAMILIES if name in used]
    entries += [Entry("line", "a head of your own", OWN)] if "" in used else []
    kernels = sorted({t.kernel for t in trials} - {"eager"})
    entries += [Entry("hollow", f"{' or '.join(kernels)} kernel, else eager")] if kernels else []
    if any(line.variant for line in lines):
        entries.append(Entry("half", "the same head with other options"))
    if any(line.low != line.high for line in lines):
        entries.append(Entry("band", "95 % interval over rounds"))
    if any(line.fit for line in lines):
        entries.append(Entry("fit", "power law fitted to the points"))
    if any(f.plot.is_crowded for f in figures):
        entries.append(Entry("fit", "in grey: what all are held against"))
    if any(f.plot.limits for f in figures):
        entries.append(
            Entry("limit", "memory of a card, of which weights and input take a part", (1, 3))
        )
    return LineKey(tuple(entries))


def _description(panel: Panel) -> str:
    """What a reader who does not see the figure should know of it."""
    ends = [
        f"{c.label} from {quantity(c.at(0), c.unit)} to {quantity(c.at(len(c.pixels) - 1), c.unit)}"
        + (f", last doubling N^{exponent(law.last)}" if (law := c.power_law()) else "")
        for c in panel.curves
    ]
    first = panel.curves[0]
    n = whole(first.pixels[0]), whole(first.pixels[-1])
    return f"Log-log plot over {n[0]} to {n[1]} pixels: {'; '.join(ends)}."
