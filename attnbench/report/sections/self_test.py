"""How often the gate is wrong on a machine: false alarms and power, as its self-test found them."""

from attnbench.gate.self_test_result import POWER, SIZES, SelfTest
from attnbench.report.document import strong, text
from attnbench.report.evidence import Evidence
from attnbench.report.sections import section
from attnbench.report.tables import Cell, Column, Table, count, estimated, words
from attnbench.stats import Estimate
from attnbench.units import digits


@section("How often the gate is wrong here", order=3)
def self_test(evidence: Evidence) -> list | None:
    found = evidence.self_test
    if found is None:
        return None
    alarms, of = found.count(0.0, "worse"), found.count(0.0)
    return [
        text(
            "Code was compared with itself, in gates of many cells at once. ",
            strong(f"{alarms} of {of} decisions on what is the same were false alarms"),
            f" ({_range(found.share(0.0))}, Clopper and Pearson's interval of 95 %), in "
            f"{found.gates_with_false_alarm} of {found.gates} gates. {_caught(found)}",
        ),
        _table(found),
        text(
            f"{found.pairs} pairs of processes a cell, level {found.level:g} for all cells of a "
            f"gate, margin {digits(100 * found.margin, 2)} %, seed {found.seed}. A slow-down was "
            "planted by a busy wait of that part of each call. Unclear is an answer: the gate says "
            "so rather than that all is well.",
            role="note",
        ),
    ]


def _caught(found: SelfTest) -> str:
    if found.caught not in SIZES:
        return f"No planted slow-down was caught with power {POWER}."
    return f"Slow-downs from {100 * found.caught:.3g} % on were caught with power {POWER}."


def _table(found: SelfTest) -> Table:
    sizes = [size for size in (0.0, *SIZES) if found.count(size)]
    counts = (
        Column(title, tuple(count(found.count(size, answer)) for size in sizes))
        for title, answer in (("decisions", None), ("unclear", "unclear"), ("same", "same"))
    )
    columns = (
        words("slower by", [f"{100 * s:.3g} %" if s else "nothing" for s in sizes]),
        *counts,
        Column("worse", tuple(count(found.count(s, "worse")) for s in sizes)),
        Column("told to be worse", tuple(_share(found.share(s)) for s in sizes), "95 %"),
    )
    return Table("Decisions of the gate on code compared with itself", columns)


def _share(share: Estimate) -> Cell:
    return estimated(_range(share), share, "share")


def _range(share: Estimate) -> str:
    return f"{digits(100 * share.low, 2)} to {digits(100 * share.high, 2)} %"
