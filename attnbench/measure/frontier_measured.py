"""The largest map that really runs in a budget: the free memory of a GPU, BUDGET on a CPU.

Sides go in steps of WHOLE. The search begins at the predicted side; what is held against the budget
is the measured peak with weights and input. The size of the trial is not used.
"""

from collections.abc import Callable
from dataclasses import replace
from math import inf

import torch

from attnbench.errors import UnmeasuredError
from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench, refuse_compiled
from attnbench.measure._frontier import WHOLE, Needs, Sides
from attnbench.measure.memory import memory
from attnbench.units import quantity

BUDGET = 2**27  # bytes: at 1 GiB fused attention takes minutes a step
MOST_STEPS = 16  # away from what was predicted


@metric(
    origin="measured",
    units={"frontier_measured": "px", "frontier_measured.predicted": "px"},
    better="higher",
    needs_device=True,
    repeat=True,
)
def frontier_measured(bench: Bench) -> dict[str, Found]:
    refuse_compiled(bench.trial)
    allowed = _budget(bench)
    predicted = Sides(Needs(bench).total).largest(allowed)
    predicted -= predicted % WHOLE
    side = largest(predicted, lambda side: _needed(bench, side) <= allowed)
    notes = (f"in {quantity(allowed, 'bytes')}",)
    return {
        "frontier_measured": Found((side,), notes=notes),
        "frontier_measured.predicted": Found((predicted,), notes=notes),
    }


def largest(start: int, fits: Callable[[int], bool]) -> int:
    """The largest multiple of WHOLE that fits, searched from `start`; 0 where none does.

    Raises UnmeasuredError if it is more than MOST_STEPS away.
    """
    step = WHOLE if start and fits(start) else -WHOLE
    side = start
    for _ in range(MOST_STEPS):
        if step < 0 and side <= WHOLE:
            return 0
        side += step
        if fits(side) != (step > 0):
            return side if step < 0 else side - step
    raise UnmeasuredError(f"predicted {start}, and no end {MOST_STEPS} steps away at {side}")


def _budget(bench: Bench) -> int:
    try:
        return bench.device.free_bytes()
    except UnmeasuredError:
        return BUDGET


def _needed(bench: Bench, side: int) -> float:
    """Bytes of a step that runs at that side; infinite where it does not."""
    shape = replace(bench.trial.shape, height=side, width=side)
    try:
        found = memory(replace(bench, trial=replace(bench.trial, shape=shape)))
    except (MemoryError, torch.OutOfMemoryError):
        return inf
    return found["memory.total"].samples[0]
