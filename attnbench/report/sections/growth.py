"""Figures of cost over resolution, each with its fits and its table."""

from attnbench.curves import Curve
from attnbench.report.document import Figure, LineKey, Row, text
from attnbench.report.evidence import Evidence
from attnbench.report.numbers import exponent, misfit, quantity, side, whole
from attnbench.report.plot import Line, Plot
from attnbench.report.quantities import Panel, followed, panels
from attnbench.report.sections import section
from attnbench.report.shown import LINES, distance, drawn, first
from attnbench.report.tables import Cell, Column, Table, names, nothing, quantities
from attnbench.stats import PowerLaw

LEAST = 2  # sizes: a single point is no curve


@section("Growth with resolution", order=30)
def growth(evidence: Evidence) -> list | None:
    found = [p for q in followed(evidence, terms=True) for p in panels(evidence, q, LEAST)]
    if not found:
        return None
    intro = (
        "Both axes are logarithmic, so a power law is a straight line and its slope is the "
        "exponent. Where the points bend away from the dotted fit, one power does not describe "
        "the head: N²·C + N·C² bends from 1 towards 2."
    )
    shown = first(
        found, LINES, lambda p: distance(evidence, p.setting), lambda p: drawn(len(p.curves))
    )
    row = Row(tuple((figure(evidence, p),) for p in shown.items))
    return [text(intro), *shown.told(evidence, "figures"), _key(shown.items), row]


def figure(evidence: Evidence, panel: Panel) -> Figure:
    lines = [_line(evidence, panel, c) for c in panel.curves]
    sizes = {n: side(*s) for c in panel.curves for n, s in zip(c.pixels, c.sizes, strict=True)}
    first = panel.curves[0]
    is_told = first.origin in panel.title.lower()
    title = panel.title if is_told else f"{panel.title} ({first.origin})"
    plot = Plot(panel.name, title, _description(panel), first.unit, tuple(lines), sizes)
    return Figure(plot, table(evidence, panel, sizes))


def table(evidence: Evidence, panel: Panel, sizes: dict[int, str]) -> Table:
    """The numbers of a figure: a row a head, a column a size, the fit last."""
    curves = panel.curves
    first = curves[0]
    columns = [names([c.trial for c in curves], evidence.heads)]
    for n in sorted(sizes):
        values = [c.at(c.pixels.index(n)) if n in c.pixels else None for c in curves]
        columns.append(quantities(sizes[n], values, first.unit))
    laws = [c.power_law() for c in curves]
    columns.append(Column("fit", tuple(_fit(law) for law in laws), unit="power of N"))
    return Table(f"{panel.title}; {first.origin}; {panel.setting}", tuple(columns))


def _fit(law: PowerLaw | None) -> Cell:
    if law is None:
        return nothing()
    return Cell(exponent(law.exponent), misfit(law.residual))


def _line(evidence: Evidence, panel: Panel, curve: Curve) -> Line:
    points = [curve.at(i) for i in range(len(curve.pixels))]
    trial = curve.trial
    variants = [c.trial.options for c in panel.curves if c.trial.head == trial.head]
    pair = " ".join([trial.head, *_options(trial.options)])
    return Line(
        label=pair if trial.kernel == "eager" else f"{pair} {trial.kernel}",
        pair=pair,
        slot=evidence.heads.index(trial.head),
        marker=len({str(v) for v in variants[: variants.index(trial.options)]}),
        is_dashed=trial.kernel != "eager",
        pixels=curve.pixels,
        values=tuple(p.value for p in points),
        low=tuple(p.low if p.known else p.value for p in points),
        high=tuple(p.high if p.known else p.value for p in points),
        fit=curve.power_law(),
    )


def _options(options: dict) -> list[str]:
    """Short, as a figure has little room: the value alone where it is a word."""
    return [v if isinstance(v, str) else f"{k}={v}" for k, v in sorted(options.items())]


def _key(found: list[Panel]) -> LineKey:
    curves = [c for p in found for c in p.curves]
    styles = [("solid", "eager kernel: every map is stored, as published")]
    if any(c.trial.kernel == "fused" for c in curves):
        styles.append(("dashed", "fused kernel: scaled_dot_product_attention"))
    styles.append(("dotted", "power law fitted to the points"))
    if any(c.trial.options for c in curves):
        styles.append(("square", "the same head with other options"))
    return LineKey(tuple(styles))


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
