"""torch.utils.benchmark, Timer.blocked_autorange: blocks of calls until the time is up."""

from torch.utils.benchmark import Timer

from benchmarks.peers.timers import Step


def times(step: Step, seconds: float, _device: str) -> list[float]:
    timer = Timer("step()", globals={"step": step}, num_threads=1)
    return timer.blocked_autorange(min_run_time=seconds).times
