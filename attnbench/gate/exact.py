"""The exact tier: counts, predicted bytes and outputs of one trial, on both sides. No noise."""

from collections.abc import Iterator, Mapping
from math import copysign, inf

from attnbench.gate.output import output_changes
from attnbench.gate.result import Answer, Change
from attnbench.gate.rules import Rules
from attnbench.record import Reading, Record
from attnbench.units import quantity

COUNTS = ("counted", "predicted", "modelled")  # origins of numbers without noise
OUTPUTS = ("output", "output.gradient")
MANY = 10_000  # below it a number of things is printed as it is


def changes(base: Record, head: Record, rules: Rules) -> list[Change]:
    """Every quantity that a side has of a trial, as it changed or did not."""
    if base.status != "ok" or head.status != "ok":
        return _failed(base, head)
    names = [n for n in dict.fromkeys((*base.readings, *head.readings)) if n not in OUTPUTS]
    counts = [
        _count(base, head, name, rules) for name in names if _is_exact(base, name, head) is not None
    ]
    return [*counts, *output_changes(base, head, rules)]


def lacking(trial, role: str, reason: str) -> Change:
    """A trial that only one side could run: `role` has not what it needs."""
    answer: Answer = "new" if role == "base" else "gone"
    return Change(trial, "trial", "", "lower", None, None, answer, message=f"{role} has {reason}")


def _is_exact(base: Record, name: str, head: Record) -> Reading | None:
    reading = base.readings.get(name) or head.readings[name]
    return reading if reading.origin in COUNTS else None


def _failed(base: Record, head: Record) -> list[Change]:
    def told(answer: Answer, message: str) -> list[Change]:
        return [Change(head.trial, "status", "", "lower", None, None, answer, message=message)]

    if head.status == "ok":
        return told("new", f"runs now; base: {base.status}: {base.message}")
    if base.status == "ok":
        return told("worse", f"no longer runs: {head.status}: {head.message}")
    return told("same", f"runs on neither side: {head.status}: {head.message}")


def _count(base: Record, head: Record, name: str, rules: Rules) -> Change:
    before, after = base.readings.get(name), head.readings.get(name)
    reading = after or before
    old, new = (r and r.samples[0] for r in (before, after))
    term, message = "", ""
    if before is None or after is None:
        answer: Answer = "new" if before is None else "gone"
        message = f"{name} {quantity(new if before is None else old, reading.unit)} is {answer}"
    else:
        term = _moved(before.terms, after.terms)
        answer = _judged(old, new, reading.better, rules.tolerate.get(name, 0.0))
        message = _message(name, before, after, term)
    return Change(
        head.trial, name, reading.unit, reading.better, old, new, answer, term, message
    )  # fmt: skip


def _judged(old: float, new: float, better: str, allowed: float) -> Answer:
    change = relative(old, new)
    if abs(change) <= allowed:
        return "same"
    return "better" if (change < 0) == (better == "lower") else "worse"


def relative(old: float, new: float) -> float:
    """The change over what was; infinite where nothing was."""
    if new == old:
        return 0.0
    return (new - old) / abs(old) if old else copysign(inf, new - old)


def _moved(before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """The term that changed most; empty where none did."""
    by = {t: after.get(t, 0) - before.get(t, 0) for t in dict.fromkeys((*before, *after))}
    most = max(by, key=lambda t: abs(by[t]), default="")
    return most if most and by[most] else ""


def _message(name: str, before: Reading, after: Reading, term: str) -> str:
    """As in "macs.counted 10.7 GMAC -> 11.3 GMAC (+5.0 %), most in convolution"."""
    old, new = before.samples[0], after.samples[0]
    if old == new:
        others = ", ".join(_launches(before.terms, after.terms))
        return f"{name} as before, of other parts: {others}" if others else ""
    amount = f"{name} {apart(old, new, after.unit)} ({_percent(relative(old, new))})"
    if not term:
        return amount
    if name.startswith("launches"):
        return f"{amount}: {', '.join(_launches(before.terms, after.terms))}"
    return f"{amount}, most in {term}"


def _launches(before: Mapping[str, float], after: Mapping[str, float]) -> Iterator[str]:
    for term in dict.fromkeys((*before, *after)):
        if by := after.get(term, 0) - before.get(term, 0):
            yield f"{term} {by:+,g}"


def apart(old: float, new: float, unit: str) -> str:
    """Both in a unit that suits them, with digits enough that they are seen to differ."""
    if not unit and max(abs(old), abs(new)) < MANY:
        return f"{old:g} -> {new:g}"
    for significant in (3, 4, 6, 9):
        shown = [quantity(v, unit, significant) for v in (old, new)]
        if shown[0] != shown[1]:
            break
    return " -> ".join(shown)


def _percent(change: float) -> str:
    if abs(change) == inf:
        return "from nothing"
    return f"{100 * change:+.1f} %" if abs(change) >= 0.0005 else f"{100 * change:+.1g} %"
