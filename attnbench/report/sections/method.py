"""How the numbers were made, in a paragraph each."""

import attnbench.measure as measure
from attnbench.report.document import Heading, Text, bullets, power, strong, text
from attnbench.report.evidence import Evidence, Value
from attnbench.report.sections import section
from attnbench.report.tables import Table, words

_PARAGRAPHS: tuple[Text, ...] = (
    text(
        strong("MACs and FLOPs. "),
        "A multiply-add is 1 MAC and 2 FLOPs; FLOPs also count every other arithmetic operation "
        "on a number (norms, softmax, pointwise), MACs do not. Papers that write GFLOPs mostly "
        "mean MACs. All counts here are of a forward pass.",
    ),
    text(
        strong("Forward "),
        "is a pass in evaluation mode without a graph; ",
        strong("forward + backward "),
        "is one in training mode, with the gradients of input and weights, without an optimiser.",
    ),
    text(
        strong("Memory "),
        "is the peak above a baseline of weights, buffers and input. KiB, MiB and GiB are powers "
        "of 1024; the prefixes of MAC and FLOP are powers of 1000.",
    ),
    text(
        strong("Latency "),
        "is the time of one step, calls back to back, without warm-up. Each round is a fresh "
        "process, in which the trials come in random order; a round gives the median of its "
        "samples. Samples of a device that was slowed down (power, heat) are left out, unless "
        "they are more than a quarter.",
    ),
    text(
        strong("Intervals "),
        "cover at 95 % and rest on the rounds, not on the samples within them: Student's for "
        "means and ratios, a bootstrap for crossings. Counts have none: they are exact.",
    ),
    text(
        strong("Exponents "),
        "are slopes of log cost over log N: cost ∝ ",
        *power("p"),
        ". Fits are least squares; an interval is the wider of the scatter around the line and "
        "the scatter between rounds.",
    ),
    text(
        strong("Origin. "),
        "Measured: a clock or an allocator of the device said so. Counted: the operators that "
        "really ran were added up. Predicted: the head ran on tensors that have a shape and no "
        "storage. Modelled: a formula was evaluated.",
    ),
)


@section("Method", order=110)
def method(evidence: Evidence) -> list:
    return [bullets(_PARAGRAPHS), *_readings(evidence)]


def _readings(evidence: Evidence) -> list:
    """What each metric of the run says of itself."""
    present = {reading: value for (_, reading), value in evidence.values.items()}
    if not present:
        return []
    metrics = [measure.describe(name) for name in measure.METRICS.published]
    groups = [(sorted(present.keys() & m.keywords["units"].keys()), m.summary) for m in metrics]
    known = {reading for readings, _ in groups for reading in readings}
    groups += [([r], "not known to this attnbench") for r in sorted(present.keys() - known)]
    groups = [g for g in groups if g[0]]
    columns = (
        words("readings", [", ".join(readings) for readings, _ in groups]),
        words("unit", [_all(present, readings, "unit") or "number" for readings, _ in groups]),
        words("origin", [_all(present, readings, "origin") for readings, _ in groups]),
        words("what it is", [summary for _, summary in groups]),
    )
    return [Heading("Readings of this run"), Table("Readings of this run", columns, is_titled=True)]


def _all(present: dict[str, Value], readings: list[str], field: str) -> str:
    return ", ".join(dict.fromkeys(getattr(present[r], field) for r in readings))
