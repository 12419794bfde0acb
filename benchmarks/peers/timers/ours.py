"""Our sampling, as metric `latency` does it: it ends when the median is known."""

from attnbench.measure._device import device as found
from attnbench.measure._sampling import sample
from attnbench.measure._timing import hot
from attnbench.trial import Budget
from benchmarks.peers.timers import PRECISION, Step


def times(step: Step, seconds: float, device: str) -> tuple[float, ...]:
    clock = found(device)
    budget = Budget(max_seconds=seconds, precision=PRECISION)
    return sample(hot(clock, step), budget, resolution=clock.resolution).values
