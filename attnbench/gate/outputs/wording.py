"""What every output says of a gate: its findings, worst first, with their names and sentences.

Texts may hold the names of somebody else's heads: they come out printable, on one line. What a
format needs escaped beyond that is for its own file.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from attnbench.gate.result import Answer, Change, Gate, Side, Timing
from attnbench.machines import ID_SHOWN
from attnbench.printable import one_line
from attnbench.record import Better
from attnbench.stats import Estimate, exactly
from attnbench.trial import Trial
from attnbench.units import digits, quantity

Tier = Literal["exact", "timed"]
WORST_FIRST: tuple[Answer, ...] = ("worse", "unclear", "gone", "new", "better", "same")
COMMIT_SHOWN = 12  # characters
_LONGEST_NAME = 1024  # characters, the most that Bencher takes


@dataclass(frozen=True)
class Finding:
    """One quantity of one trial: a change of the exact tier, or a timing, in the same fields.

    `base` and `head` have an interval where they were measured, and are None where a side has no
    such number. `ratio` is head over base, None where there is none. `message` is never empty.
    """

    tier: Tier
    trial: Trial
    quantity: str
    unit: str
    better: Better
    base: Estimate | None
    head: Estimate | None
    ratio: Estimate | None
    answer: Answer
    message: str


def findings(gate: Gate) -> list[Finding]:
    """All of a gate, worst first: by answer, then by how much it changed for the worse."""
    found = [*map(_of_change, gate.exact), *map(_of_timing, gate.timed)]
    return sorted(found, key=lambda f: (WORST_FIRST.index(f.answer), -_harm(f)))


def names(trials: Iterable[Trial]) -> dict[str, str]:
    """Key of a trial -> its name, which no other of them has, as programs join series by it.

    As in "ema bases=32, 1x512x64x64, attention, float32, cpu, inference".
    """
    named = {trial.key: _name(trial) for trial in trials}
    times = Counter(named.values())
    return {
        key: name if times[name] == 1 and len(name) <= _LONGEST_NAME
        else f"{name[: _LONGEST_NAME - len(key) - 2]} #{key}"
        for key, name in named.items()
    }  # fmt: skip


def sentence(gate: Gate) -> str:
    """The answer, as in "Worse: 1 worse, 2 unclear, 174 same."."""
    counts = Counter(f.answer for f in findings(gate))
    if not counts:
        return "Nothing was compared."
    told = ", ".join(f"{counts[a]} {a}" for a in WORST_FIRST if counts[a])
    return f"{gate.answer.capitalize()}: {told}."


def side(told: Side) -> str:
    """As in "origin/main (0123456789ab)"."""
    commit = told.commit[:COMMIT_SHOWN]
    return one_line(f"{told.name} ({commit})" if commit and commit != told.name else told.name)


def machine(gate: Gate) -> str:
    """The environments, as in "c0ffee00", "c0ffee00 (base), 90aa815f (head)"; "" if none is told.

    An environment tells the commit too: two commits on one machine are two of them.
    """
    found = {"base": gate.base.environment[:ID_SHOWN], "head": gate.head.environment[:ID_SHOWN]}
    if len(set(found.values())) == 1:
        return one_line(found["head"])
    return one_line(", ".join(f"{each} ({who})" for who, each in found.items() if each))


def percent(relative: float) -> str:
    """A relative change with its sign, as in "+17 %"; "+0.0021 %" rather than "+0 %"."""
    return f"{digits(100 * relative, 2)} %" if relative < 0 else f"+{digits(100 * relative, 2)} %"


def value(found: Estimate | None, unit: str) -> str:
    """As in "4.10 ms"; "none" where a side has no such number."""
    return "none" if found is None else quantity(found.value, unit)


def change(finding: Finding) -> str:
    """How much head is off base: "+17 % to +22 %" of a time, "+4.2 %" of a count, or ""."""
    ratio = finding.ratio
    if ratio is None or math.isnan(ratio.value):
        return ""
    if ratio.exact and ratio.value == 1:
        return "none"
    if not ratio.known or ratio.exact:
        return percent(ratio.value - 1)
    return f"{percent(ratio.low - 1)} to {percent(ratio.high - 1)}"


def _of_change(found: Change) -> Finding:
    base = None if found.base is None else exactly(found.base)
    head = None if found.head is None else exactly(found.head)
    ratio = exactly(head.value / base.value) if base and head and base.value else None
    message = one_line(found.message) or _difference(found)
    if found.term and found.term not in message:
        message += f", most of it in {one_line(found.term)}"
    return Finding(
        "exact", found.trial, one_line(found.quantity), one_line(found.unit), found.better,
        base, head, ratio, found.answer, message,
    )  # fmt: skip


def _of_timing(found: Timing) -> Finding:
    made = Finding(
        "timed", found.trial, "latency", "s", "lower", found.base, found.head, found.ratio,
        found.answer, one_line(found.message),
    )  # fmt: skip
    if made.message:
        return made
    confirmed = {None: "", True: ", confirmed", False: ", not confirmed"}[found.confirmed]
    told = (
        f"{value(found.base, 's')} -> {value(found.head, 's')} "
        f"({change(made)}, allowed {digits(100 * found.margin, 2)} %, "
        f"{found.pairs} pairs, p = {found.p:.2g}{confirmed})"
    )
    return Finding(*(vars(made) | {"message": told}).values())


def _difference(found: Change) -> str:
    if found.base is None or found.head is None:
        return {"new": "only head has it", "gone": "only base has it"}.get(
            found.answer, "no number"
        )
    if found.base == found.head:
        return f"{quantity(found.head, found.unit)}, unchanged"
    told = [quantity(v, one_line(found.unit)) for v in (found.base, found.head)]
    if told[0] == told[1]:  # three digits do not show it
        told = [f"{v} {one_line(found.unit)}".strip() for v in (found.base, found.head)]
    relative = f" ({percent(found.head / found.base - 1)})" if found.base else ""
    return f"{told[0]} -> {told[1]}{relative}"


def _harm(finding: Finding) -> float:
    """Log of head over base, its sign turned where higher is better."""
    ratio = finding.ratio.value if finding.ratio else 1.0
    if not ratio > 0:
        return 0.0
    return math.log(ratio) if finding.better == "lower" else -math.log(ratio)


def _name(trial: Trial) -> str:
    backbone = f" {trial.backbone}" if trial.backbone else ""
    told = (trial.label, trial.shape, f"{trial.part}{backbone}", trial.dtype, trial.device)
    return one_line(", ".join(map(str, (*told, trial.mode))))
