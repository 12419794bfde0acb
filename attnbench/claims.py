"""Claims as data, and what a run says of them: holds, fails, unclear, or not measured here.

    [[claim]]
    id     = "ema-linear"
    says   = "The cost of EM attention grows linearly with the number of pixels"
    source = "EMANet, sec. 3.2"
    check  = { kind = "exponent", metric = "macs.counted", head = "ema", within = [0.99, 1.01] }

`holds` needs the whole interval inside the bounds, `fails` needs it wholly outside.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

import msgspec

from attnbench import stats
from attnbench.curves import Curve, curves, latest
from attnbench.record import Record
from attnbench.stats import Estimate, PowerLaw
from attnbench.trial import Kernel, Mode, Option, label

Word = Literal["holds", "fails", "unclear", "not measured here"]


@dataclass(frozen=True)
class Subject:
    """Which curve of a run is meant: a head with options and kernel."""

    head: str
    options: dict[str, Option] = field(default_factory=dict)
    kernel: Kernel = "eager"

    @property
    def label(self) -> str:
        return label(self.head, self.options, self.kernel)


class Check(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"
):
    """What every check names: a metric, and the bounds of a claim that holds."""

    metric: str
    within: tuple[float, float]
    mode: Mode = "inference"
    terms: str = ""  # one kind of work of a count, as "contraction"; empty for all


class Exponent(Check, frozen=True, kw_only=True, tag="exponent"):
    """The power of N in the cost: of the fit over all sizes, or local, of the last doubling."""

    head: str
    options: dict[str, Option] = msgspec.field(default_factory=dict)
    kernel: Kernel = "eager"
    over: Literal["pixels"] = "pixels"
    of: Literal["fit", "last"] = "fit"


class Ratio(Check, frozen=True, kw_only=True, tag="ratio"):
    """Cost of `head` over cost of `to`, at the size of that side, or at the largest both have."""

    head: str
    to: str
    options: dict[str, Option] = msgspec.field(default_factory=dict)
    to_options: dict[str, Option] = msgspec.field(default_factory=dict)
    kernel: Kernel = "eager"
    to_kernel: Kernel = "eager"
    size: int = 0


@dataclass(frozen=True)
class Claim:
    """A sentence of the literature, and the check that decides it."""

    id: str
    says: str
    source: str
    check: Exponent | Ratio


@dataclass(frozen=True)
class Verdict:
    """What a run says of a claim. `found` is None where nothing was measured."""

    claim: Claim
    word: Word
    found: Estimate | None = None
    law: PowerLaw | None = None
    detail: str = ""


def verdicts(claims: Iterable[Claim], records: Iterable[Record]) -> list[Verdict]:
    records = tuple(records)
    return [_verdict(claim, records) for claim in claims]


def _verdict(claim: Claim, records: tuple[Record, ...]) -> Verdict:
    check = claim.check
    subject = Subject(check.head, check.options, check.kernel)
    curve = _find(records, check, subject)
    if curve is None:
        return Verdict(
            claim, "not measured here", detail=f"needs {check.metric} of {subject.label}"
        )
    if isinstance(check, Exponent):
        law = curve.power_law()
        if law is None:
            return Verdict(claim, "not measured here", detail="needs at least three sizes")
        found = law.exponent if check.of == "fit" else law.last
        return Verdict(claim, _word(found, check.within), found, law, _range(curve))
    return _ratio(claim, check, curve, records)


def _ratio(claim: Claim, check: Ratio, over: Curve, records: tuple[Record, ...]) -> Verdict:
    subject = Subject(check.to, check.to_options, check.to_kernel)
    under = _find(records, check, subject)
    shared = [s for s in over.sizes if under and s in under.sizes]
    if check.size:
        shared = [s for s in shared if s == (check.size, check.size)]
    if under is None or not shared:
        at = f" at side {check.size}" if check.size else ""
        detail = f"needs {check.metric} of {over.label} and {subject.label}{at}"
        return Verdict(claim, "not measured here", detail=detail)
    height, width = shared[-1]
    if over.origin == "measured":
        pairs = _pairs(records, check, over, under, shared[-1])
        if not pairs:
            detail = f"no round has both {over.label} and {subject.label} at {height}x{width}"
            return Verdict(claim, "not measured here", detail=detail)
        found = stats.ratio(*zip(*pairs, strict=True))
    else:
        i, j = over.sizes.index(shared[-1]), under.sizes.index(shared[-1])
        found = stats.exactly(over.rounds[-1][i] / under.rounds[-1][j])
    return Verdict(claim, _word(found, check.within), found, detail=f"at {height}x{width}")


def _pairs(
    records: tuple[Record, ...], check: Check, over: Curve, under: Curve, size: tuple[int, int]
) -> list[tuple[float, float]]:
    """What both cost at that size in each round that has both."""
    ours, theirs = (_by_round(records, check, curve, size) for curve in (over, under))
    return [(ours[r], theirs[r]) for r in sorted(ours.keys() & theirs.keys())]


def _by_round(
    records: tuple[Record, ...], check: Check, curve: Curve, size: tuple[int, int]
) -> dict[int, float]:
    found = {}
    for record in latest(records):
        shape, reading = record.trial.shape, record.readings.get(check.metric)
        if (
            reading
            and (shape.height, shape.width) == size
            and record.trial.line == curve.trial.line
        ):
            value = reading.terms.get(check.terms, 0) if check.terms else median(reading.samples)
            found[record.round] = float(value)
    return {r: v for r, v in found.items() if v > 0}


def _find(records: tuple[Record, ...], check: Check, subject: Subject) -> Curve | None:
    found = [
        c
        for c in curves(records, check.metric, check.terms)
        if (c.trial.head, c.trial.options, c.trial.kernel, c.trial.mode)
        == (subject.head, subject.options, subject.kernel, check.mode)
    ]
    return max(found, key=lambda c: len(c.pixels), default=None)


def _word(found: Estimate, within: tuple[float, float]) -> Word:
    low, high = within
    if not found.known:
        return "unclear"
    if low <= found.low and found.high <= high:
        return "holds"
    return "fails" if found.high < low or found.low > high else "unclear"


def _range(curve: Curve) -> str:
    (h0, w0), (h1, w1) = curve.sizes[0], curve.sizes[-1]
    return f"over {h0}x{w0} to {h1}x{w1}"
