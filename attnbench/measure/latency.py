"""Seconds a step: a forward pass, or forward and backward in training. Warm-up is not in it.

One value a sample, and a sample is as many calls as the clock needs. On CUDA the host waits for
the device at both ends of a sample.
"""

import gc
import time

import torch

from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench
from attnbench.measure._sampling import sample


@metric(origin="measured", units={"latency": "s"}, needs_device=True, repeat=True)
def latency(bench: Bench) -> dict[str, Found]:
    step = bench.real
    on_cuda = step.x.is_cuda

    def timer(calls: int) -> float:
        if on_cuda:
            torch.cuda.synchronize(step.x.device)
        start = time.perf_counter()
        for _ in range(calls):
            step.forget_gradients()
            step()
        if on_cuda:
            torch.cuda.synchronize(step.x.device)
        return time.perf_counter() - start

    gc.collect()
    gc.disable()  # a collection in the middle of a sample is not the head's
    try:
        samples = sample(timer, bench.budget, warmed=0.0 if step.training else bench.first_seconds)
    finally:
        gc.enable()
        step.forget_gradients()
    calls = "1 call" if samples.calls == 1 else f"{samples.calls} calls"
    return {"latency": Found(samples.values, notes=(f"{calls} a sample", samples.stopped))}
