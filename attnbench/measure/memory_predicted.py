"""Peak memory without a device: the highest sum of live storages of a step on tensors without data.

Nothing is allocated, so any resolution can be asked for. It is what the tensors of the step need,
above weights and input: kernel workspace and the rounding of an allocator are not in it. Fused
attention is taken to work in blocks of queries, as it does on a CPU.
"""

from torch import nn

from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench, refuse_compiled
from attnbench.measure._dispatch import LiveStorages
from attnbench.measure._step import Step
from attnbench.prediction import Memory


def peaks(step: Step) -> dict[str, int]:
    """Bytes above `step.held`: {"step": of it all, "forward": until the output is there}."""
    step.forget_gradients()
    with LiveStorages(*step.held) as live:
        y = step.forward()
        forward = live.peak
        if step.training:
            y.backward(step.cotangent)
    step.forget_gradients()
    return {"step": live.peak, "forward": forward}


def parts(step: Step) -> dict[str, int]:
    """Peaks of the step; in training also {"no_grad": of a forward pass that keeps no graph}."""
    found = peaks(step)
    if not step.training:
        return {"step": found["step"]}
    with LiveStorages(*step.held) as alone:
        step.forward_without_graph()
    return found | {"no_grad": alone.peak}


def readings(metric: str, found: dict[str, int], notes: tuple[str, ...]) -> dict[str, Found]:
    """By the names of the readings; the whole step is the metric itself."""
    names = {part: metric if part == "step" else f"{metric}.{part}" for part in found}
    return {names[part]: Found((value,), notes=notes) for part, value in found.items()}


def totals(metric: str, held: int, peak: int) -> dict[str, Found]:
    """What was held before the step, and all that a card must have for it."""
    return {f"{metric}.baseline": Found((held,)), f"{metric}.total": Found((held + peak,))}


def baseline(step: Step) -> int:
    """Bytes of weights, buffers, input and, in training, the gradient that comes in."""
    return sum(
        {t.untyped_storage()._cdata: t.untyped_storage().nbytes() for t in step.held}.values()
    )


def predicted(bench: Bench, module: nn.Module | None = None) -> Memory:
    """What the step of a trial needs; `module` is its own on the meta device, if there is one."""
    with bench.passes(module) as step:
        peak = peaks(step)
    return Memory(baseline(step), peak["step"], peak["forward"])


def predicted_peak(bench: Bench) -> int:
    """Bytes that the whole step needs at its peak, baseline included."""
    return predicted(bench).total


@metric(
    origin="predicted",
    units={
        "memory_predicted": "bytes",
        "memory_predicted.forward": "bytes",
        "memory_predicted.no_grad": "bytes",
        "memory_predicted.baseline": "bytes",
        "memory_predicted.total": "bytes",
    },
)
def memory_predicted(bench: Bench) -> dict[str, Found]:
    """Peak above the baseline; in training that of the forward pass with and without graph, too.

    The total is what a card must have: baseline and peak.
    """
    refuse_compiled(bench.trial)
    if bench.trial.mode == "inference":
        step, found = bench.watched.step, {"step": bench.watched.peak}
    else:
        with bench.passes() as step:
            found = parts(step)
    notes = (
        ("assumes attention over pairs in blocks of queries, as on a CPU",)
        if bench.trial.kernel == "fused"
        else ()
    )
    here = readings("memory_predicted", found, notes)
    return here | totals("memory_predicted", baseline(step), found["step"])
