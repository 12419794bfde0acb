"""How far each head is from what the device allows."""

from attnbench.report.document import text
from attnbench.report.evidence import Evidence
from attnbench.report.rivals import dense
from attnbench.report.sections import section
from attnbench.report.slices import Slice, columns, reference, slices
from attnbench.report.tables import Table, names, nothing, words

_INTRO = (
    "The floor of a forward pass is the larger of two times: its multiply-adds at the best rate of "
    "large matrix products and a large convolution, and its input, weights and output, moved once "
    "each, at the rate of a large copy. Both rates were measured on this device, in the process "
    "that timed the head. Bound by bytes, a ratio below 1 says that they were still in a cache."
)
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
    at = reference(found, [t.label for t in dense(evidence)])
    return [text(_INTRO), _table(evidence, at)]


def _table(evidence: Evidence, at: Slice) -> Table:
    values = [at.value(label, "roofline", "inference") for label in at.labels]
    found = (
        names(at.trials, evidence.heads),
        *columns(at, "inference", COLUMNS),
        words("bound by", [_bound(v.notes) if v else nothing() for v in values]),
    )
    return Table(f"Forward pass at {at.side}, {at.dtype}", found).without_empty_rows()


def _bound(notes: tuple[str, ...]) -> str:
    found = [note.removeprefix("bound by ") for note in notes if note.startswith("bound by ")]
    return found[0] if found else ""
