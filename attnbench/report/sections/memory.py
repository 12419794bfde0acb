"""Predicted peak memory against the measured one."""

from statistics import median

from attnbench.kinds import MODES
from attnbench.report.document import text
from attnbench.report.evidence import Evidence
from attnbench.report.quantities import MODE_WORDS
from attnbench.report.sections import section
from attnbench.report.shown import listed
from attnbench.report.slices import Slice, columns, slices
from attnbench.report.tables import Cell, Column, Table, names, nothing, quantities

_ON_CPU = (
    "Measured on a CPU it is the same sum, over the storages that a real step allocates. So this "
    "checks the prediction; what a kernel allocates inside itself is seen by neither."
)
_ON_GPU = (
    "Measured on a GPU it is the peak of the allocator: workspace and rounding to blocks are in it."
)
PARTS = (
    ("", "whole step"),
    (".forward", "forward with its graph"),
    (".no_grad", "forward without a graph"),
)
ALLOCATOR = (
    ("memory", "steady step"),
    ("memory.first", "first step"),
    ("memory.workspace", "kept by libraries"),
    ("memory.reserved", "reserved, of all"),
)


@section("Memory, predicted and measured", order=80)
def memory(evidence: Evidence) -> list | None:
    found = [s for s in slices(evidence) if s.first("memory") and s.first("memory_predicted")]
    if not found:
        return None
    largest = found[-1]
    intro = (
        "Peak above the baseline, which is weights, buffers and input (in training also the "
        "gradient that comes in). Predicted by running the head on tensors without storage and "
        "adding up those alive at once; the workspace of kernels and the rounding of an allocator "
        "are not in it."
    )
    tables = [t for mode in MODES if (t := _table(largest, found, mode))]
    measured = _ON_CPU if largest.device.startswith("cpu") else _ON_GPU
    tables += [t for mode in MODES if (t := _allocator(largest, mode))]
    return [text(intro), text(measured), *tables, *_notes(evidence)]


def _allocator(at: Slice, mode: str) -> Table | None:
    """What a device's allocator tells beside the peak."""
    if not any(at.estimates("memory.reserved", mode)):
        return None
    caption = f"The allocator, {MODE_WORDS[mode]} at {at.side}"
    found = (names(at.trials), *columns(at, mode, ALLOCATOR))
    return Table(caption, found).without_empty_rows()


def _notes(evidence: Evidence) -> list:
    """What the readings say of themselves."""
    found = dict.fromkeys(
        f"{metric}: {note}"
        for metric in ("memory", "memory_predicted")
        for (_, m), v in evidence.values.items()
        for note in v.notes
        if m == metric
    )
    return (
        [text(f"Noted with the readings: {listed([*found], '; ')}.", role="note")] if found else []
    )


def _table(at: Slice, found: list[Slice], mode: str) -> Table | None:
    columns = [names(at.trials)]
    for part, words in PARTS:
        measured = at.estimates(f"memory{part}", mode)
        predicted = at.estimates(f"memory_predicted{part}", mode)
        if not any(measured) or not any(predicted):
            continue
        columns.append(quantities(f"{words}, predicted", predicted, "bytes", origin="predicted"))
        columns.append(
            quantities(
                f"{words}, measured", measured, "bytes", origin="measured", missing=at.missing(mode)
            )
        )
        cells = tuple(_range(found, label, part, mode) for label in at.labels)
        columns.append(Column(f"{words}, measured / predicted", cells, unit="over all sizes"))
    if len(columns) == 1:
        return None
    return Table(f"Peak memory of {MODE_WORDS[mode]} at {at.side}", tuple(columns))


def _range(found: list[Slice], label: str, part: str, mode: str) -> Cell:
    ratios = []
    for s in found:
        measured = s.value(label, f"memory{part}", mode)
        predicted = s.value(label, f"memory_predicted{part}", mode)
        if measured and predicted and predicted.estimate.value:
            ratios.append(measured.estimate.value / predicted.estimate.value)
    if not ratios:
        return nothing()
    low, high = f"{min(ratios):.3f}", f"{max(ratios):.3f}"
    shown = low if low == high else f"{low} to {high}"
    return Cell(shown, sort=median(ratios), low=min(ratios), high=max(ratios))
