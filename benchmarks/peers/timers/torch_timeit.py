"""torch.utils.benchmark, Timer.timeit: the mean of as many calls as one asks for, and no more."""

from torch.utils.benchmark import Timer

from benchmarks.peers.timers import Step


def times(step: Step, seconds: float, _device: str) -> list[float]:
    timer = Timer("step()", globals={"step": step}, num_threads=1)
    calls = max(1, round(seconds / timer.timeit(1).mean))
    return timer.timeit(calls).times
