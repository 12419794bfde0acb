"""Our sampling, as metric `latency` does it on a CPU: it ends when the median is known."""

from attnbench.measure._device import Cpu
from attnbench.measure._sampling import sample
from attnbench.measure._timing import hot
from attnbench.trial import Budget
from benchmarks.peers.timers import PRECISION, Step


def times(step: Step, seconds: float) -> tuple[float, ...]:
    budget = Budget(max_seconds=seconds, precision=PRECISION)
    return sample(hot(Cpu(), step), budget, resolution=Cpu().resolution).values
