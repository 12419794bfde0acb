"""Peak memory without a device: the highest sum of live storages of a step on fake tensors.

Nothing is allocated, so any resolution can be asked for. It is what the tensors of the step need,
above weights and input: kernel workspace and the rounding of an allocator are not in it. Fused
attention is taken to be the CPU's flash kernel, which holds no map of pairs.
"""

from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench, Step, fake_tensors, refuse_compiled
from attnbench.measure._dispatch import LiveStorages


def peaks(step: Step) -> dict[str, int]:
    """Bytes above `step.held`: {"step": of it all}.

    In training also {"no_grad": of a forward pass alone, "forward": until the output is there,
    with its graph}.
    """
    step.forget_gradients()
    with LiveStorages(*step.held) as live:
        y = step.forward()
        forward = live.peak
        if step.training:
            y.backward(step.cotangent)
    step.forget_gradients()
    if not step.training:
        return {"step": live.peak}
    del y
    with LiveStorages(*step.held) as alone:
        step.forward_without_graph()
    return {"no_grad": alone.peak, "forward": forward, "step": live.peak}


def readings(metric: str, found: dict[str, int], notes: tuple[str, ...]) -> dict[str, Found]:
    """By the names of the readings; the whole step is the metric itself."""
    names = {part: metric if part == "step" else f"{metric}.{part}" for part in found}
    return {names[part]: Found((value,), notes=notes) for part, value in found.items()}


def baseline(step: Step) -> int:
    """Bytes of weights, buffers, input and, in training, the gradient that comes in."""
    return sum(
        {t.untyped_storage()._cdata: t.untyped_storage().nbytes() for t in step.held}.values()
    )


def predicted_peak(bench: Bench) -> int:
    """Bytes that the whole step needs at its peak, baseline included."""
    with fake_tensors():
        step = bench.fake()
        return peaks(step)["step"] + baseline(step)


@metric(
    origin="predicted",
    units={
        "memory_predicted": "bytes",
        "memory_predicted.forward": "bytes",
        "memory_predicted.no_grad": "bytes",
        "memory_predicted.baseline": "bytes",
    },
)
def memory_predicted(bench: Bench) -> dict[str, Found]:
    """Peak above the baseline; in training that of the forward pass with and without graph, too."""
    refuse_compiled(bench.trial)
    with fake_tensors():
        step = bench.fake()
        found, base = peaks(step), baseline(step)
    notes = ("assumes the CPU flash kernel",) if bench.trial.kernel == "fused" else ()
    here = readings("memory_predicted", found, notes)
    return here | {"memory_predicted.baseline": Found((base,))}
