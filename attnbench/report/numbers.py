"""Numbers as the report prints them: with the digits that they deserve, and their interval."""

import re
from math import floor, isfinite, log10

from attnbench.stats import Estimate
from attnbench.units import digits, scale

_TWO_DIGITS_BELOW = 2.0  # ± 1.4 keeps two digits, ± 3 one: rounding then moves it by under 17 %
THIN = "\u202f"  # groups thousands and never breaks a line


def number(value: float, significant: int = 3) -> str:
    """`value` with that many significant digits, thousands set apart."""
    return digits(value, significant).replace(",", THIN).replace(" ", THIN)


def whole(value: float) -> str:
    """Every digit of an integer."""
    return f"{round(value):,}".replace(",", THIN)


def interval(estimate: Estimate, divisor: float = 1.0, significant: int = 3) -> str:
    """As in "4.12 ± 0.08" where there is an interval, else the value alone."""
    value, half = estimate.value / divisor, (estimate.high - estimate.low) / 2 / divisor
    if not isfinite(half) or half == 0:
        return number(value, significant)
    return _plus_minus(value, half)


def exponent(estimate: Estimate) -> str:
    """A power of N, to two places or as far as its interval lets it; about one without interval."""
    if not estimate.known:
        return f"≈{estimate.value:.1f}".replace("-", "−")
    half = (estimate.high - estimate.low) / 2
    if half < 0.005:
        return f"{round(estimate.value, 2) + 0.0:.2f}".replace("-", "−")  # no "-0.00"
    return _plus_minus(estimate.value, half, most=2)


def quantity(estimate: Estimate, unit: str) -> str:
    """With its unit, scaled: "1.21 ± 0.05 s"."""
    divisor, name = scale(estimate.value, unit)
    return f"{interval(estimate, divisor)}\u00a0{name}".strip()


def times(ratio: float) -> str:
    """A factor: "12×", "1.4×"; beyond all comparison "over a million ×"."""
    if ratio >= 1e6:
        return "over a million ×"
    return f"{number(ratio, 2 if ratio < 100 else 3)}×"


def side(height: int, width: int) -> str:
    """A map by its side, "64²", or by both where they differ."""
    return f"{height}²" if height == width else f"{height}×{width}"


def misfit(residual: float) -> tuple[str, ...]:
    """How far a fit is off at its worst: no line where that is nothing to see."""
    if residual < 1.005:
        return ()
    off = times(residual) if residual >= 1.5 else f"{100 * (residual - 1):.0f} %"
    return (f"off by up to {off}",)


def regrouped(words: str) -> str:
    """A sentence with its numbers written as on the rest of the page."""
    words = re.sub(r"(?<=\d),(?=\d{3})", THIN, words)
    return re.sub(r"(?<![\w-])-(?=\d)", "−", words)


def _plus_minus(value: float, half: float, most: int = 12) -> str:
    lead = floor(log10(half))
    places = -lead + (1 if half / 10**lead < _TWO_DIGITS_BELOW else 0)
    places = min(max(places, 0), most)
    text = f"{value:,.{places}f} ± {half:,.{places}f}".replace("-", "−").replace(" ", "\u00a0")
    return text.replace(",", THIN)
