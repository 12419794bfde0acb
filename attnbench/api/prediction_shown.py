"""A prediction as tables: its work, its memory in both modes, and what fits a card."""

from typing import Any

from attnbench.heads import HEADS
from attnbench.prediction import ATTENTION, CARDS, NOT_IN_IT, Outlook, Prediction
from attnbench.printable import one_line
from attnbench.report.document import text
from attnbench.report.numbers import quantity, whole
from attnbench.report.tables import Cell, Column, Table, count, estimated, words
from attnbench.stats import exactly

_MEMORY = {
    "weights and input": "baseline",
    "above, until the output is there": "forward",
    "above, at the peak": "increment",
    "in all": "total",
}


def blocks(found: Prediction) -> list[Any]:
    trial = found.trial
    part = f", part {trial.part}" if trial.part != "attention" else ""
    notes = [
        f"{mode}: {one_line(outlook.refused)}"
        for mode, outlook in _modes(found).items()
        if outlook.refused
    ]
    told = [f"Not in it: {', '.join(NOT_IN_IT)}."]
    if trial.head in HEADS:
        told.append(f"Attention is {ATTENTION[trial.kernel]}.")
    return [
        Table(f"{one_line(trial.label)} on {trial.shape}, {trial.dtype}{part}", _work(found)),
        Table("Predicted memory of a step", _memory(found)),
        Table("Largest side of a square map that fits", _cards(found)),
        *(text(note, role="note") for note in notes),
        text(" ".join(told), role="note"),
    ]


def _work(found: Prediction) -> tuple[Column, ...]:
    rows = (
        ("parameters", found.params, "", "counted"),
        ("not trained", found.frozen, "", "counted"),
        ("MACs (a multiply-add is one)", found.macs, "MACs", found.origin),
        ("FLOPs (a multiply-add is two)", found.flops, "FLOPs", found.origin),
    )
    shown = [estimated(_count(n, unit), exactly(n), unit) for _, n, unit, _ in rows]
    return (
        words("what", [what for what, *_ in rows]),
        Column("value", tuple(shown)),
        words("origin", [origin for *_, origin in rows]),
    )


def _count(number: int, unit: str) -> str:
    return quantity(exactly(number), unit) if unit else whole(number)


def _memory(found: Prediction) -> tuple[Column, ...]:
    modes = _modes(found).items()
    return (
        words("memory", list(_MEMORY)),
        *(Column(m, tuple(_bytes(o, p) for p in _MEMORY.values())) for m, o in modes),
    )


def _bytes(outlook: Outlook, part: str) -> Cell:
    if outlook.memory is None:
        return Cell("refused", tone="failed")
    size = getattr(outlook.memory, part)
    return estimated(quantity(exactly(size), "bytes"), exactly(size), "bytes")


def _cards(found: Prediction) -> tuple[Column, ...]:
    modes = _modes(found).items()
    sizes = [Cell(quantity(exactly(size), "bytes")) for size in CARDS.values()]
    return (
        words("card", list(CARDS)),
        Column("reports", tuple(sizes)),
        *(Column(mode, tuple(_side(o, card) for card in CARDS)) for mode, o in modes),
    )


def _side(outlook: Outlook, card: str) -> Cell:
    if card not in outlook.sides:
        return Cell("refused", tone="failed")
    return count(outlook.sides[card]) if outlook.sides[card] else Cell("none")


def _modes(found: Prediction) -> dict[str, Outlook]:
    return {"inference": found.inference, "training": found.training}
