"""Peak memory of a step that really runs, above weights and input; never in a pass that is timed.

On a CPU it is the highest sum of live storages that the step allocates; on CUDA the allocator's
own peak, which holds the kernels' workspace and the rounding to blocks as well. There the peak is
that of a steady step: `memory.first` is that of the first one, in which libraries set themselves
up and choose their kernels, `memory.workspace` what they keep from then on, and `memory.reserved`
all that the allocator has taken from the device.
"""

from collections.abc import Callable

from attnbench.errors import UnmeasuredError
from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench, refuse_compiled
from attnbench.measure._device import Device
from attnbench.measure.memory_predicted import baseline, parts, readings, totals


@metric(
    origin="measured",
    units={
        "memory": "bytes",
        "memory.forward": "bytes",
        "memory.no_grad": "bytes",
        "memory.baseline": "bytes",
        "memory.total": "bytes",
        "memory.first": "bytes",
        "memory.workspace": "bytes",
        "memory.reserved": "bytes",
    },
    needs_device=True,
)
def memory(bench: Bench) -> dict[str, Found]:
    """Peak above the baseline; in training that of the forward pass with and without graph, too."""
    if bench.trial.device == "cpu":
        refuse_compiled(bench.trial)
    bench = bench.again()
    step = bench.real
    try:
        bench.device.memory()
    except UnmeasuredError:
        found, notes = parts(step), ("live storages",)
    else:
        found, notes = _allocated(bench), ("allocator's peak",)
    return readings("memory", found, notes) | totals("memory", baseline(step), found["step"])


def _allocated(bench: Bench) -> dict[str, int]:
    """Bytes by the allocator: above what was allocated before, but for what is reserved."""
    step, device, first = bench.real, bench.device, bench.first
    device.reset_peak()
    step()
    step.forget_gradients()
    device.synchronize()
    beginning = max(first.peak, device.memory().peak_allocated) - first.before
    kept = device.memory().allocated - first.before
    found = {"first": beginning, "workspace": kept}
    if step.training:
        found["no_grad"] = _peak(device, step.forward_without_graph)
        found["forward"] = _peak(device, step.forward)
    found["step"] = _peak(device, step)
    step.forget_gradients()
    return found | {"reserved": device.memory().peak_reserved}


def _peak(device: Device, call: Callable[[], object]) -> int:
    """Bytes above what is allocated when it is called, what it returns included."""
    device.synchronize()
    before = device.memory().allocated
    device.reset_peak()
    returned = call()
    device.synchronize()
    peak = device.memory().peak_allocated - before
    del returned
    return peak
