"""What several machines, or several versions on one, take for the same: a column each."""

from collections.abc import Iterable, Sequence

from attnbench import stats
from attnbench.kinds import MODES, Mode
from attnbench.report.disputed import disputed_counts
from attnbench.report.document import Heading, text
from attnbench.report.evidence import Evidence, Value
from attnbench.report.numbers import interval, number
from attnbench.report.places import Place, places
from attnbench.report.quantities import KNOWN, MODE_WORDS
from attnbench.report.sections import section
from attnbench.report.shown import answered_by
from attnbench.report.slices import Slice, slices
from attnbench.report.tables import Cell, Column, Table, best, estimated, names, nothing
from attnbench.stats import Estimate, exactly
from attnbench.units import scale

MEASURED = ("latency", "memory", "energy")
_INTRO = (
    "The same head at the same size in each environment. Their rounds are not paired: they were "
    "taken at different times, mostly on different machines. So a ratio is that of the geometric "
    "means of both sides, with Welch's interval of 95 %, and what changed on a machine between two "
    "runs is in it. Bold: the lowest of the row, with all whose interval reaches it."
)
Sides = list[tuple[Place, Slice]]


@section("Side by side", order=11)
def side_by_side(evidence: Evidence) -> list | None:
    found = places(evidence)
    if not found:
        return None
    sides = _sides(evidence, found)
    tables = [t for m in MEASURED for mode in MODES if (t := _table(evidence, sides, m, mode))]
    counts = disputed_counts(evidence, found)
    if not tables and not counts:
        return [text("No head was measured at the same size in two of the environments.")]
    return [text(_INTRO), *tables, *([Heading("Counts that differ"), *counts] if counts else [])]


def _sides(evidence: Evidence, found: Sequence[Place]) -> Sides:
    """The slices of one size: that of the answer, among those that most places have."""
    groups: dict[tuple, dict[str, Slice]] = {}
    for s in slices(evidence):
        if any(s.first(metric) for metric in MEASURED):
            setting = (s.trials[0].part, s.trials[0].backbone, s.dtype, s.shape)
            groups.setdefault(setting, {})[s.device] = s
    most = max(map(len, groups.values()), default=0)
    shared = [group for group in groups.values() if len(group) == most > 1]
    firsts = [next(iter(group.values())) for group in shared]
    at = answered_by(evidence, firsts)
    if at is None:
        return []
    group = shared[firsts.index(at)]
    return [(p, group[p.device]) for p in found if p.device in group]


def _table(evidence: Evidence, sides: Sides, metric: str, mode: Mode) -> Table | None:
    """A row a head that two sides have; the ratios are to the first side."""
    trials = {t.label: t for _, s in sides for t in s.trials}
    rows = sorted(trials.values(), key=evidence.rank)
    values = {t.label: [s.value(t.label, metric, mode) for _, s in sides] for t in rows}
    rows = [t for t in rows if sum(v is not None for v in values[t.label]) > 1]
    if not rows or not _differs([values[t.label] for t in rows], metric):
        return None
    found = [v for t in rows for v in values[t.label] if v]
    divisor, unit = scale(max(v.estimate.value for v in found), found[0].unit)
    lowest = [best([v and v.estimate for v in values[t.label]]) for t in rows]
    columns = [names(rows)]
    for i, (place, s) in enumerate(sides):
        fates = dict(zip(s.labels, s.missing(mode), strict=True))
        cells = [
            _cell(values[t.label][i], divisor, fates.get(t.label, ""), is_best=i in lowest[k])
            for k, t in enumerate(rows)
        ]
        columns.append(Column(place.name, tuple(cells), unit, found[0].origin))
    for i, (place, _) in enumerate(sides[1:], 1):
        cells = tuple(_ratio(values[t.label][i], values[t.label][0]) for t in rows)
        columns.append(Column(place.name, cells, "times the first"))
    at = sides[0][1]
    title = f"{KNOWN.get(metric, metric)}, {MODE_WORDS[mode]}"
    where = f"{at.side}, {at.reads}, batch {at.shape.batch}, {at.dtype}"
    return Table(f"{title[0].upper()}{title[1:]} at {where}", tuple(columns))


def _differs(rows: Iterable[Sequence[Value | None]], metric: str) -> bool:
    """Whether there is something to see: times always, the rest where it is not the same."""
    return metric == "latency" or any(len({v.estimate.value for v in r if v}) > 1 for r in rows)


def _cell(value: Value | None, divisor: float, fate: str, *, is_best: bool) -> Cell:
    if value is None:
        return Cell(fate, tone="failed") if fate else nothing()
    shown = interval(value.estimate, divisor)
    return estimated(shown, value.estimate, value.unit, is_best=is_best)


def _ratio(over: Value | None, under: Value | None) -> Cell:
    if over is None or under is None or not under.estimate.value:
        return nothing()
    sides = [list(v.by_round.values()) for v in (over, under)]
    if min(map(min, sides)) <= 0:  # no logarithm
        return _shown_ratio(exactly(over.estimate.value / under.estimate.value))
    return _shown_ratio(stats.unpaired_ratio(*sides))


def _shown_ratio(ratio: Estimate) -> Cell:
    ends = (f"{number(ratio.low)} to {number(ratio.high)}",)
    lines = ends if ratio.known and not ratio.exact else ()
    return estimated(number(ratio.value), ratio, lines=lines)
