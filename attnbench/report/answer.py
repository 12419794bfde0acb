"""The question answered in sentences. Each is made of what the run has, and left out without it."""

from collections.abc import Iterable
from math import prod
from statistics import median

from attnbench.kinds import MODES
from attnbench.report import rivals
from attnbench.report.document import Inline, Text, code, listed, power, strong, text
from attnbench.report.evidence import Evidence
from attnbench.report.numbers import exponent, quantity, side, times, whole
from attnbench.report.places import listed_names, places
from attnbench.report.slices import Slice
from attnbench.report.trained import compared, minus, percent
from attnbench.stats import Estimate
from attnbench.trial import Trial
from attnbench.verdicts import WORDS

Parts = list[str | Inline]
Costs = list[tuple[str, str]]  # metric, and what a sentence calls it
FORWARD = "inference"
PASSES = {"inference": "a forward pass", "training": "forward + backward"}
CARD = "24GB"  # that many have, of those that are predicted for
NAMED = 5  # heads that a sentence compares one by one; more are told as a range


def sentences(evidence: Evidence, at: Slice) -> list[Text]:
    """What heads buy, how the cost grows, what it is at one size, what a fused kernel changes."""
    lines = {t.label: t for t in at.trials}
    dense = [v for v in _eager(rivals.dense(evidence)) if v in lines and _costs(at, v)]
    others = [v for v in _eager(rivals.efficient(evidence)) if v in lines]
    found = [_bought(evidence), _growth(at, dense, others), _fits(at)]
    if dense:
        found.append(_answer(at, dense[0], others))
        if f"{dense[0]} fused" in lines:
            found.append(_fused(at, dense[0], others))
    told = [parts for parts in (*found, _verdicts(evidence)) if parts]
    first, *rest = told or [_least(at)]
    return [text(*first, role="lead"), *(text(*parts) for parts in rest)]


def _bought(evidence: Evidence) -> Parts:
    """Of the first training that several heads went through."""
    values = {t.label: evidence.values[t.key, "accuracy"] for t in compared(evidence)}
    if not values:
        return []

    def told(label: str) -> Parts:
        return [code(label), " ", strong(f"{percent(values[label].estimate)} %")]

    worst, *_, best = sorted(values, key=lambda label: values[label].estimate.value)
    seeds = max(len(v.rounds) for v in values.values())
    parts: Parts = [f"Trained alike, {seeds} {'seed' if seeds == 1 else 'seeds'}, heads reach a "]
    parts += ["mean IoU from ", *told(worst), " to ", *told(best), ". "]
    gaps = {label: minus(values[best], value) for label, value in values.items() if label != best}
    near = [label for label, gap in gaps.items() if gap and gap.known and gap.low <= 0]
    if near:
        parts += ["Seed by seed the best cannot be told apart from "]
        parts += [*listed([(code(label),) for label in near]), "."]
    return parts


def _fits(at: Slice) -> Parts:
    """As in "a card of 24 GB holds a forward pass on maps from 215² (non_local) to 2427² (ema)"."""
    told = []
    for mode in MODES:
        sides = [(at.value(v, f"frontier.{CARD}", mode), v) for v in _eager(at.trials)]
        fits = sorted((v.estimate.value, label) for v, label in sides if v)
        if len(fits) > 1:
            (low, first), (high, last) = fits[0], fits[-1]
            least = [strong(f"{whole(low)}²"), " (", code(first), ") to "]
            most = [strong(f"{whole(high)}²"), " (", code(last), ")"]
            told.append((f"{PASSES[mode]} on maps of ", *least, *most))
    card = CARD.replace("GB", " GB")
    return [f"By prediction a card of {card} holds ", *listed(told), "."] if told else []


def _verdicts(evidence: Evidence) -> Parts:
    """As in "Of 31 claims checked here 25 hold; 3 fail: a, b, c."."""
    words = {w: [v.claim.id for v in evidence.verdicts if v.word == w] for w in WORDS}
    checked = [v for v in evidence.verdicts if v.word != "not measured here"]
    if not checked:
        return []
    claims, held = "claim" if len(checked) == 1 else "claims", len(words["holds"])
    hold = "holds" if held == 1 else "hold"
    parts: Parts = [f"Of {len(checked)} {claims} checked here {held} {hold}"]
    for told, one, many in (
        (words["fails"], "fails", "fail"),
        (words["unclear"], "stays unclear", "stay unclear"),
    ):
        if told:
            named = ", ".join(told[:NAMED]) + (", …" if len(told) > NAMED else "")
            parts.append(f"; {len(told)} {one if len(told) == 1 else many}: {named}")
    return [*parts, "."]


def _eager(trials: Iterable[Trial]) -> list[str]:
    return [t.label for t in trials if t.kernel == "eager"]


def machine(evidence: Evidence, at: Slice) -> Parts:
    """Where it was measured, how well, and what did not go well."""
    others = [p for p in places(evidence) if p.device != at.device]
    here = [p.environment for p in places(evidence) if p.device == at.device]
    environments = here or evidence.run.environments.values()
    where = [" with ".join([e.cpu, *(g.name for g in e.gpus)]) for e in environments]
    on = "; ".join(where) or "a machine that is not on record"
    parts: Parts = [f"Measured on {at.device}: {on}. "]
    if here and others:
        parts.append(f"Compared with {listed_names(others)}. ")
    if not at.device:
        parts = ["Nothing was run on a device: all numbers are counted or predicted. "]
    half = [h for label in at.labels if (h := _half_width(at, label)) is not None]
    if half:
        width = f"±{100 * median(half):.1f} %"
        parts.append(f"Latency is known to {width} (95 % interval, median over heads). ")
    elif at.first("latency"):
        parts.append("Latency was taken in one round, so its spread is not known. ")
    skipped = sum(s == "skipped" for s in evidence.fates.values())
    lost = len(evidence.fates) - skipped
    failed = f"{lost or 'No'} {'trial' if lost == 1 else 'trials'} failed"
    return [*parts, f"{failed}, {skipped or 'none'} {'was' if skipped == 1 else 'were'} skipped."]


def _half_width(at: Slice, label: str) -> float | None:
    value = at.value(label, "latency", FORWARD)
    if value is None or not value.estimate.known or not value.estimate.value:
        return None
    return (value.estimate.high - value.estimate.low) / 2 / value.estimate.value


def _costs(at: Slice, label: str) -> Costs:
    """The two costs that the answer speaks of, the best that the run has."""
    found = [("latency", "time"), ("macs.counted", "work")]
    found = [c for c in found if at.value(label, c[0], FORWARD)][:1]
    memory = [("memory", "memory"), ("memory_predicted", "predicted memory")]
    return found + [c for c in memory if at.value(label, c[0], FORWARD)][:1]


def _answer(at: Slice, dense: str, others: list[str]) -> Parts:
    """As in "dense self_attention takes 1.2 s and 700 MiB; ema 12× less time"."""
    costs = _costs(at, dense)
    values = [at.value(dense, metric, FORWARD) for metric, _ in costs]
    amounts = [
        (strong(quantity(v.estimate, v.unit)), f" of {c[1]}")
        for v, c in zip(values, costs, strict=True)
    ]
    where = f"On a {at.input} ({at.pixels}, {at.reads}), "
    parts = [f"{where}a forward pass of dense ", code(dense)]
    parts += [" takes ", *listed(amounts), ". "]
    told = [(code(v), " ", _factors(at, v, dense, costs)) for v in others[:NAMED]]
    if len(others) > NAMED:
        return [*parts, *_ranges(at, others, dense, costs)]
    return [*parts, "Next to it, ", *_joined(told), "."] if told else parts


def _factors(at: Slice, label: str, to: str, costs: Costs) -> str:
    ratios = [(at.ratio(label, to, metric, FORWARD), what) for metric, what in costs]
    return " and ".join(factor(r, what) for r, what in ratios if r)


def _fused(at: Slice, dense: str, others: list[str]) -> Parts:
    """What is left of the difference when the dense head never stores its map."""
    fused, costs = f"{dense} fused", _costs(at, dense)
    costs = [c for c in costs if at.value(fused, c[0], FORWARD)]
    if not costs:
        return []
    parts: Parts = ["The fused kernel never stores the N×N map: with it ", code(dense)]
    parts += [" takes ", _factors(at, fused, dense, costs), " than without. "]
    return [*parts, *_ranges(at, others, fused, costs)]


def _ranges(at: Slice, labels: list[str], to: str, costs: Costs) -> Parts:
    """As in "the others take from 15× less time (gc) to 3.4× less time (isa)"."""
    told = []
    for metric, what in costs:
        ratios = [(r, v) for v in labels if (r := at.ratio(v, to, metric, FORWARD))]
        ratios.sort(key=lambda pair: pair[0].value)
        if len(ratios) > 1:
            (low, first), (high, last) = ratios[0], ratios[-1]
            least = ("from ", factor(low, what), " (", code(first), ")")
            told.append((*least, " to ", factor(high, what), " (", code(last), ")"))
    return ["Next to that, the others take ", *listed(told), "."] if told else []


def factor(ratio: Estimate, what: str) -> str:
    """As in "12× less time"; about the same where the interval holds 1, or within 3 %."""
    if (ratio.known and ratio.low <= 1 <= ratio.high) or abs(ratio.value - 1) < 0.03:
        return f"about the same {what}"
    if ratio.value < 1:
        return f"{times(1 / ratio.value)} less {what}"
    return f"{times(ratio.value)} more {what}"


def _growth(at: Slice, dense: list[str], others: list[str]) -> Parts:
    """The exponents of the last doubling: of the dense heads, and of those held against them."""
    parts: Parts = []
    for metric, what in (("macs.counted", "MACs"), ("latency", "latency")):
        curves = at.curves(metric, FORWARD)
        laws = {v: c.power_law() for v, c in curves.items()}
        laws = {v: law.last for v, law in laws.items() if law and law.last.known}
        groups = [("dense heads", dense), ("the others", others)]
        told = [
            (*_span([(laws[v], v) for v in labels if v in laws]), f" for {who}")
            for who, labels in groups
            if any(v in laws for v in labels)
        ]
        if told:
            to = side(*max((curves[v].sizes[-1] for v in laws), key=prod))
            start = f"Over the last doubling of N, {what} (to {to}) grow as "
            parts += [f", and {what} (to {to}) as " if parts else start, *listed(told)]
    return [*parts, "."] if parts else []


def _least(at: Slice) -> Parts:
    """For a run without a dense head: what its cheapest costs."""
    kinds = (("latency", "time"), ("macs.counted", "work"), ("memory_predicted", "memory"))
    for metric, what in kinds:
        values = [(at.value(label, metric, FORWARD), label) for label in at.labels]
        found = [(v, label) for v, label in values if v]
        if found:
            value, label = min(found, key=lambda pair: pair[0].estimate.value)
            amount = strong(quantity(value.estimate, value.unit))
            start = f"On a {at.input}, "
            return [
                start,
                code(label),
                f" takes the least {what} for a forward pass: ",
                amount,
                ".",
            ]
    return ["No head has a reading of a forward pass."]


def _span(powers: Iterable[tuple[Estimate, str]]) -> Parts:
    """As in "N^1.00 (ema) to N^1.59 (isa)"; one power where they agree as printed."""
    ordered = sorted(powers, key=lambda pair: pair[0].value)
    (low, first), (high, last) = ordered[0], ordered[-1]
    if exponent(low) == exponent(high):
        return [*power(exponent(low))]
    return [
        *power(exponent(low)),
        " (",
        code(first),
        ") to ",
        *power(exponent(high)),
        " (",
        code(last),
        ")",
    ]


def _joined(told: list[tuple]) -> Parts:
    return [p for i, parts in enumerate(told) for p in (*(["; "] if i else []), *parts)]
