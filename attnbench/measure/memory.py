"""Peak memory of a step that really runs, above weights and input; never in a pass that is timed.

On a CPU it is the highest sum of live storages that the step allocates; on CUDA the allocator's
own peak, which holds the kernels' workspace and the rounding to blocks as well.
"""

import torch

from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench, Step, refuse_compiled
from attnbench.measure.memory_predicted import baseline, peaks


def _cuda_peaks(step: Step) -> dict[str, int]:
    """Bytes above what is allocated before the step; a step before it has paid the first use."""
    device = step.x.device
    step()
    step.forget_gradients()
    torch.cuda.synchronize(device)
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    y = step.forward()
    torch.cuda.synchronize(device)
    forward = torch.cuda.max_memory_allocated(device) - before
    if step.training:
        y.backward(step.cotangent)
        torch.cuda.synchronize(device)
    whole = torch.cuda.max_memory_allocated(device) - before
    step.forget_gradients()
    return {"forward": forward, "step": whole}


@metric(
    origin="measured",
    units={"memory": "bytes", "memory.forward": "bytes", "memory.baseline": "bytes"},
    needs_device=True,
)
def memory(bench: Bench) -> dict[str, Found]:
    """Peak above the baseline; in training the peak of the forward pass with its graph apart."""
    if not bench.trial.device.startswith("cuda"):
        refuse_compiled(bench.trial)
    step = bench.real
    cuda = step.x.is_cuda
    peak = _cuda_peaks(step) if cuda else peaks(step)
    notes = ("allocator's peak" if cuda else "live storages",)
    found = {
        "memory": Found((peak["step"],), notes=notes),
        "memory.baseline": Found((baseline(step),)),
    }
    if step.training:
        found["memory.forward"] = Found((peak["forward"],), notes=notes)
    return found
