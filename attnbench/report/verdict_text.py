"""A verdict in words: what was found, in which bounds, of what, and how."""

from collections.abc import Callable
from math import isinf, sqrt

import attnbench.measure as measure
from attnbench.claims import (
    EPS,
    Check,
    Claim,
    Correlation,
    Crossing,
    Difference,
    Equal,
    Exponent,
    Order,
    Printed,
    Ratio,
    Value,
)
from attnbench.report.numbers import exponent, interval, number, quantity, whole
from attnbench.report.tables import NOTHING
from attnbench.stats import Estimate, exactly
from attnbench.verdicts import Verdict

SHARE, POINTS = "share", 100  # a difference of shares is told in points, hundredths
_FITTED = {"fit": "fitted", "last": "last doubling"}


def condition(claim: Claim) -> str:
    """What makes a claim hold: "exponent of macs.counted of ema: 0.99 to 1.01"."""
    if claim.check is None:
        return f"needs {claim.needs}"
    unit = measure.units().get(getattr(claim.check, "metric", ""), "")
    unmeasured = Verdict(claim, "not measured here", unit=unit)
    return f"{_kind(claim.check)} of {subject(unmeasured)}: {bounds(unmeasured)}"


def found(verdict: Verdict) -> str:
    """As in "1.98 ± 0.04", "2.1 GiB", "from 64² on"."""
    estimate, check = verdict.found, verdict.claim.check
    if estimate is None:
        return NOTHING
    if isinstance(check, Exponent):
        return exponent(estimate)
    if isinstance(check, Crossing):
        if isinf(estimate.value):
            return "never"
        return f"from {_side(estimate.value)} on" if estimate.exact else f"from {_sides(verdict)}"
    if isinstance(check, Value) and estimate.exact and verdict.unit in ("", "px"):
        return _count(estimate.value, verdict.unit)
    return _number(estimate, verdict)


def _number(estimate: Estimate, verdict: Verdict) -> str:
    if isinstance(verdict.claim.check, Difference) and verdict.unit == SHARE:
        return f"{interval(estimate, 1 / POINTS)} points"
    return quantity(estimate, verdict.unit) if verdict.unit else interval(estimate)


def bounds(verdict: Verdict) -> str:
    """As in "0.9 to 1.1", "at most 1.50 s"."""
    if verdict.claim.check is None:
        return NOTHING
    low, high = verdict.claim.check.within
    shown = _shown(verdict)
    if low == high:
        return f"exactly {shown(low)}"
    if isinf(high):
        return f"at least {shown(low)}"
    if isinf(low) or (low == 0 and not isinstance(verdict.claim.check, Exponent | Difference)):
        return f"at most {shown(high)}"
    return f"{shown(low)} to {shown(high)}"


def subject(verdict: Verdict) -> str:
    """As in "macs.counted (contraction) of isa partition=balanced"."""
    check = verdict.claim.check
    if check is None:
        return NOTHING
    if isinstance(check, Printed):
        return f"printed figures of {check.paper}{check.table and f', {check.table}'}"
    first = f"{check.metric} ({check.terms})" if check.terms else check.metric
    if isinstance(check, Correlation):
        return f"{first} against {check.against}, all heads"
    joint = {Order: " < ", Difference: " − "}.get(type(check), " / ")
    named = [str(s) if s.metric == check.metric else f"{s.metric} of {s}" for s in check.subjects]
    return f"{first} of {joint.join(named)}"


def how(verdict: Verdict) -> str:
    """As in "power of N, fitted, over 16x16 to 512x512"; else what is missing."""
    check = verdict.claim.check
    if verdict.found is None or check is None:
        return verdict.detail
    return f"{_kind(check)}, {verdict.detail}"


def _kind(check: Check | Printed) -> str:
    if isinstance(check, Exponent):
        axis = "N" if check.over == "pixels" else check.over
        return f"power of {axis}, {_FITTED[check.part_of]}"
    if isinstance(check, Printed):
        return "share that agrees"
    kinds = {
        Difference: "difference",
        Equal: "difference",
        Value: "value",
        Ratio: "ratio",
        Crossing: "stays cheaper",
    }
    return (kinds | {Order: "order", Correlation: "rank correlation"})[type(check)]


def _shown(verdict: Verdict) -> Callable[[float], str]:
    check = verdict.claim.check
    if isinstance(check, Crossing):
        return _side
    if isinstance(check, Equal):
        return lambda value: f"{number(value)} {EPS}"
    if isinstance(check, Difference) and verdict.unit == SHARE:
        return lambda value: f"{value * POINTS:g} points"
    if isinstance(check, Value | Difference) and verdict.unit not in ("", "px"):
        return lambda value: quantity(exactly(value), verdict.unit)
    if isinstance(check, Value):
        return lambda value: _count(value, verdict.unit)
    return lambda value: f"{value:g}"


def _count(value: float, unit: str) -> str:
    """Every digit of a whole number."""
    text = whole(value) if value == int(value) else number(value)
    return f"{text} {unit}".strip()


def _side(pixels: float) -> str:
    return "never" if isinf(pixels) else f"{sqrt(pixels):.0f}²"


def _sides(verdict: Verdict) -> str:
    low, high = verdict.found.low, verdict.found.high
    beyond = "beyond" if isinf(high) else _side(high)
    return f"{_side(verdict.found.value)} on ({_side(low)} to {beyond})"
