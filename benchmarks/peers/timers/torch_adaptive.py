"""torch.utils.benchmark, Timer.adaptive_autorange: until the quartiles are close to the median."""

from torch.utils.benchmark import Timer

from benchmarks.peers.timers import PRECISION, Step


def times(step: Step, seconds: float, _device: str) -> list[float]:
    timer = Timer("step()", globals={"step": step}, num_threads=1)
    return timer.adaptive_autorange(threshold=PRECISION, max_run_time=seconds).times
