"""The question answered in sentences. Each is made of what the run has, and left out without it."""

from statistics import median

from attnbench.report.document import Inline, Text, code, listed, power, strong, text
from attnbench.report.evidence import Evidence
from attnbench.report.numbers import exponent, quantity, times, whole
from attnbench.report.rivals import DENSE, dense, efficient
from attnbench.report.slices import Slice
from attnbench.stats import Estimate

Parts = list[str | Inline]
FORWARD = "inference"


def sentences(evidence: Evidence, at: Slice) -> list[Text]:
    rival = next((t for t in dense(evidence) if t.kernel == "eager" and t.label in at.labels), None)
    found: list[Text] = []
    if rival:
        others = [t.label for t in efficient(evidence) if t.kernel == "eager"]
        lead = [*_costs(at, rival.label), *_comparison(at, others, rival.label)]
        found.append(text(*lead, role="lead"))
        found.append(text(*_fused(at, rival.label, others)))
    found.append(text(*_growth(evidence, at)))
    return [t for t in found if t.parts]


def machine(evidence: Evidence, at: Slice) -> Parts:
    """Where it was measured, how well, and what did not go well."""
    run = evidence.run
    where = [" with ".join(filter(None, [e.cpu, *(g.name for g in e.gpus)])) for e in run.environments.values()]
    parts: Parts = [f"Measured on {at.device}: {'; '.join(where) or 'a machine that is not on record'}. "]
    if not at.device:
        parts = ["Nothing was run on a device: all numbers are counted or predicted. "]
    half = [v for label in at.labels if (v := _half_width(at, label)) is not None]
    if half:
        parts.append(f"The intervals of latency (95 %) are ±{100 * median(half):.1f} % in the middle. ")
    lost = sum(s not in ("ok", "skipped") for s in evidence.fates.values())
    skipped = sum(s == "skipped" for s in evidence.fates.values())
    return [*parts, f"{lost} trials failed, {skipped} were skipped."]


def _half_width(at: Slice, label: str) -> float | None:
    value = at.value(label, "latency", FORWARD)
    if value is None or not value.estimate.known:
        return None
    return (value.estimate.high - value.estimate.low) / 2 / value.estimate.value


def _costs(at: Slice, label: str) -> Parts:
    """"On a 96×96 map dense self-attention takes 1.2 s and 700 MiB"."""
    costs = [(strong(quantity(v.estimate, v.unit)), f" {what}") for v, what in _both(at, label)]
    if not costs:
        return []
    shape = at.shape
    where = f"On a {shape.height}×{shape.width} map (N = {whole(shape.pixels)}, C = {shape.channels}) a forward pass of dense "
    return [where, code(label), " takes ", *listed(costs), ". "]


def _both(at: Slice, label: str) -> list[tuple]:
    """The two costs that the answer speaks of, as far as the run has them."""
    found = [(at.value(label, "latency", FORWARD), "of time")]
    measured = at.value(label, "memory", FORWARD)
    predicted = at.value(label, "memory_predicted", FORWARD)
    found.append((measured or predicted, "of memory" if measured else "of predicted memory"))
    if not found[0][0]:
        found.insert(0, (at.value(label, "macs.counted", FORWARD), "of work"))
    return [(v, what) for v, what in found if v]


def _comparison(at: Slice, labels: list[str], to: str) -> Parts:
    """"ema takes 12× less time and 40× less memory"."""
    told = []
    for label in labels:
        compared = _compared(at, label, to)
        if compared:
            told.append((code(label), " ", *listed([(c,) for c in compared])))
    return ["Next to it, ", *[p for i, t in enumerate(told) for p in (*(["; "] if i else []), *t)], "."] if told else []


def _compared(at: Slice, label: str, to: str) -> list[str]:
    time = at.ratio(label, to, "latency", FORWARD)
    metric = "memory" if at.value(to, "memory", FORWARD) else "memory_predicted"
    memory = at.ratio(label, to, metric, FORWARD)
    return [factor(r, what) for r, what in ((time, "time"), (memory, "memory")) if r]


def factor(ratio: Estimate, what: str) -> str:
    """"12× less time"; where the interval holds 1, that the two cannot be told apart."""
    if (ratio.known and ratio.low <= 1 <= ratio.high) or ratio.value == 1:
        return f"about the same {what}"
    less = ratio.value < 1
    return f"{times(1 / ratio.value if less else ratio.value)} {'less' if less else 'more'} {what}"


def _fused(at: Slice, eager: str, others: list[str]) -> Parts:
    """What is left of the difference when the dense head never makes its map."""
    fused = f"{eager} fused"
    compared = _compared(at, fused, eager)
    if not compared or not at.value(fused, "latency", FORWARD):
        return []
    against = [(code(v), f" {' and '.join(c)}") for v in others if (c := _compared(at, v, fused))]
    parts: Parts = ["With the fused kernel, which never stores the N×N map, ", code(eager), " itself takes "]
    parts += [*listed([(c,) for c in compared]), ". "]
    return [*parts, "Next to that, ", *[p for i, t in enumerate(against) for p in (*(["; "] if i else []), *t)], "."] if against else parts


def _growth(evidence: Evidence, at: Slice) -> Parts:
    """The exponents of the last doubling, of counts and of time."""
    parts: Parts = []
    for metric, what in (("macs.counted", "MACs grow"), ("latency", "latency grows")):
        laws = {v: c.power_law() for v, c in at.curves(metric, FORWARD).items()}
        eager = [t for t in at.trials if t.kernel == "eager" and laws.get(t.label)]
        if not eager:
            continue
        told = [(*_power(laws[t.label].last), " for ", code(t.label)) for t in eager]
        parts += [f"Over the last doubling of N, {what} as ", *listed(told), ". "]
    return parts


def _power(estimate: Estimate) -> tuple[str, Inline]:
    return power(exponent(estimate))


__all__ = ["DENSE", "factor", "machine", "sentences"]
