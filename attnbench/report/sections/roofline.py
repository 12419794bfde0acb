"""How far each head is from what the device allows."""

from collections.abc import Iterator
from math import inf
from statistics import median

from attnbench.kinds import MODES, Mode
from attnbench.report.document import Figure, Text, text
from attnbench.report.evidence import Evidence
from attnbench.report.numbers import times
from attnbench.report.plot import Mark, Roof, Scatter
from attnbench.report.sections import section
from attnbench.report.shown import answered_by
from attnbench.report.slices import Slice, columns, slices
from attnbench.report.tables import Table, names, nothing, words
from attnbench.trial import Trial
from attnbench.units import quantity

_INTRO = (
    "The floor of a step is the larger of two times: its multiply-adds at the best rate of large "
    "matrix products and a large convolution, and its input, weights and output, in training their "
    "gradients too, moved once each, at the rate of a large copy. Both rates were measured on this "
    "device, in the process that timed the head. Bound by bytes, a ratio below 1 says that they "
    "were still in a cache. In the figure, of the forward pass, a head is filled, and hollow where "
    "its kernel is not the published one."
)
STEPS: dict[Mode, str] = {"inference": "Forward pass", "training": "Forward and backward"}
LEAST = 2  # heads in a figure
BEHIND = 0.8  # of the ceiling: below, it is told that matrix products are behind
COLUMNS = (
    ("roofline", "latency / floor"),
    ("roofline.floor", "floor"),
    ("roofline.intensity", "intensity"),
    ("roofline.flop_rate", "attained"),
    ("roofline.flop_ceiling", "ceiling"),
    ("roofline.byte_rate", "attained"),
    ("roofline.byte_ceiling", "ceiling"),
)


@section("Against the roofline", order=75)
def roofline(evidence: Evidence) -> list | None:
    found = [s for s in slices(evidence) if s.first("roofline")]
    if not found:
        return None
    at = answered_by(evidence, found)
    figure = _figure(at)
    tables = [_table(at, mode) for mode in MODES if any(at.estimates("roofline", mode))]
    shown = [figure, *tables[1:]] if figure else tables
    return [text(_INTRO), *_products(at), *shown]


def _products(at: Slice) -> Iterator[Text]:
    """What keeps heads made of matrix products below the roof, where that is their library."""
    best, products = (_middle(at, f"roofline.{of}_ceiling") for of in ("flop", "product"))
    if 0 < products < BEHIND * best:
        yield text(
            f"Here large matrix products reach {quantity(products, 'FLOPs/s')} and a convolution "
            f"{quantity(best, 'FLOPs/s')}: torch leaves them to two libraries. Heads that are made "
            "of matrix products stay that far below the roof."
        )


def _figure(at: Slice) -> Figure | None:
    """Every head below the roofs: the rates of its own process, so there is one a head."""
    marks = tuple(m for t in at.trials if (m := _mark(at, t)))
    if len(marks) < LEAST:
        return None
    roofs = [(_middle(at, "roofline.flop_ceiling"), _middle(at, "roofline.byte_ceiling"))]
    first = at.first("roofline.flop_rate")
    near = min(marks, key=lambda m: _times_floor(at, m.label))
    plot = Scatter(
        f"roofline-{at.trials[0].key}", f"Attained and possible rates at {at.side}, {at.dtype}",
        f"Attained FLOPs a second over FLOPs a byte, under what the device allows. The nearest to "
        f"its floor is {near.label}, at {times(_times_floor(at, near.label))} of it.",
        "", "intensity, FLOPs a byte", "", marks, first.unit,
        tuple(Roof(flat, slope) for flat, slope in roofs if flat and slope),
    )  # fmt: skip
    return Figure(plot, _table(at, "inference")) if plot.roofs else None


def _mark(at: Slice, trial: Trial) -> Mark | None:
    x, y = (at.value(trial.label, f"roofline.{m}", "inference") for m in ("intensity", "flop_rate"))
    if not x or not y or x.estimate.value <= 0 or y.estimate.value <= 0:
        return None
    return Mark.of(trial, x.estimate, y.estimate, is_front=trial.kernel == "eager")


def _middle(at: Slice, metric: str) -> float:
    """Of the ceilings that the heads' processes found, the median."""
    found = [e.value for mode in MODES for e in at.estimates(metric, mode) if e]
    return median(found) if found else 0.0


def _times_floor(at: Slice, label: str) -> float:
    value = at.value(label, "roofline", "inference")
    return value.estimate.value if value else inf


def _table(at: Slice, mode: Mode) -> Table:
    values = [at.value(label, "roofline", mode) for label in at.labels]
    found = (
        names(at.trials),
        *columns(at, mode, COLUMNS),
        words("bound by", [_bound(v.notes) if v else nothing() for v in values]),
    )
    return Table(f"{STEPS[mode]} at {at.side}, {at.dtype}", found).without_empty_rows()


def _bound(notes: tuple[str, ...]) -> str:
    found = [note.removeprefix("bound by ") for note in notes if note.startswith("bound by ")]
    return found[0] if found else ""
