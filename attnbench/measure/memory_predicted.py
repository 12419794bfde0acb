"""Peak memory without a device: the highest sum of live storages of a step on fake tensors.

Nothing is allocated, so any resolution can be asked for. It is what the tensors of the step need,
above weights and input: kernel workspace and the rounding of an allocator are not in it. Fused
attention is taken to be the CPU's flash kernel, which holds no map of pairs.
"""

from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench, Step, fake_tensors, refuse_compiled
from attnbench.measure._dispatch import LiveStorages


def peaks(step: Step) -> dict[str, int]:
    """Bytes above `step.held`: {"forward": peak until the output is there, "step": of it all}."""
    step.forget_gradients()
    with LiveStorages(*step.held) as live:
        y = step.forward()
        forward = live.peak
        if step.training:
            y.backward(step.cotangent)
    step.forget_gradients()
    return {"forward": forward, "step": live.peak}


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
        "memory_predicted.baseline": "bytes",
    },
)
def memory_predicted(bench: Bench) -> dict[str, Found]:
    """Peak above the baseline; in training the peak of the forward pass with its graph apart."""
    refuse_compiled(bench.trial)
    with fake_tensors():
        step = bench.fake()
        peak, base = peaks(step), baseline(step)
    notes = ("assumes the CPU flash kernel",) if bench.trial.kernel == "fused" else ()
    found = {
        "memory_predicted": Found((peak["step"],), notes=notes),
        "memory_predicted.baseline": Found((base,)),
    }
    if step.training:
        found["memory_predicted.forward"] = Found((peak["forward"],), notes=notes)
    return found
