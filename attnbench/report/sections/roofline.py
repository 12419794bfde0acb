"""How far each head is from what the device allows."""

from attnbench.report.document import text
from attnbench.report.evidence import Evidence
from attnbench.report.rivals import dense
from attnbench.report.sections import section
from attnbench.report.slices import Slice, reference, slices
from attnbench.report.tables import Table, names, nothing, quantities, words

_INTRO = (
    "The floor of a forward pass is the larger of two times: its multiply-adds at the best rate of "
    "large matrix products and a large convolution, and its input, weights and output, moved once "
    "each, at the rate of a large copy. Both rates were measured on this device, in the process "
    "that timed the head. Bound by bytes, a ratio below 1 says that they were still in a cache."
)
COLUMNS = (
    ("roofline", "latency / floor", ""),
    ("roofline.floor", "floor", "s"),
    ("roofline.intensity", "intensity", "FLOPs/byte"),
    ("roofline.flop_rate", "attained", "FLOPs/s"),
    ("roofline.flop_ceiling", "ceiling", "FLOPs/s"),
    ("roofline.byte_rate", "attained", "bytes/s"),
    ("roofline.byte_ceiling", "ceiling", "bytes/s"),
)


@section("Against the roofline", order=75)
def roofline(evidence: Evidence) -> list | None:
    found = [s for s in slices(evidence) if s.first("roofline")]
    if not found:
        return None
    at = reference(found, [t.label for t in dense(evidence)])
    return [text(_INTRO), _table(evidence, at)]


def _table(evidence: Evidence, at: Slice) -> Table:
    columns = [names(at.trials, evidence.heads)]
    for metric, title, unit in COLUMNS:
        values = at.estimates(metric, "inference")
        columns.append(quantities(title, values, unit, origin="measured"))
    values = [at.value(label, "roofline", "inference") for label in at.labels]
    columns.append(words("bound by", [_bound(v.notes) if v else nothing() for v in values]))
    return Table(f"Forward pass at {at.side}, {at.dtype}", tuple(columns)).without_empty_rows()


def _bound(notes: tuple[str, ...]) -> str:
    found = [note.removeprefix("bound by ") for note in notes if note.startswith("bound by ")]
    return found[0] if found else ""
