"""Our latency beside torch.utils.benchmark, of the same module in the same process.

    python docs/experiments/torch_benchmark.py

The two take turns, so that drift falls on both; each has its own interval of the median of what
it saw. They agree where the intervals overlap.
"""

import torch
from torch.utils.benchmark import Timer

from attnbench import stats
from attnbench.measure._bench import Bench
from attnbench.measure._device import Cpu
from attnbench.measure._sampling import sample
from attnbench.measure._step import undisturbed
from attnbench.measure._timing import hot
from attnbench.trial import Budget, Shape, Trial
from attnbench.units import quantity

TURNS = 12
SECONDS = 0.5
BUDGET = Budget(min_samples=6, max_seconds=SECONDS, precision=0.0)


def turns(trial: Trial) -> tuple[list[float], list[float]]:
    """Medians of our samples, and of torch's, a turn each."""
    step, ours, theirs = Bench(trial, BUDGET).real, [], []
    timer = Timer("step()", globals={"step": step.afresh}, num_threads=1)
    for _ in range(TURNS):
        with undisturbed(step):
            ours.append(sample(hot(Cpu(), step.afresh), BUDGET).median)
        theirs.append(timer.blocked_autorange(min_run_time=SECONDS).median)
    return ours, theirs


def main() -> None:
    torch.set_num_threads(1)
    for name, side in (("ema", 32), ("non_local", 48), ("gc", 64)):
        ours, theirs = map(
            stats.median, turns(Trial(name, Shape(1, 512, side, side), device="cpu"))
        )
        overlap = ours.low <= theirs.high and theirs.low <= ours.high
        told = [
            f"{quantity(e.value, 's')} ({quantity(e.low, 's')} to {quantity(e.high, 's')})"
            for e in (ours, theirs)
        ]
        word = "agree" if overlap else "differ"
        print(f"{name} {side}x{side}: attnbench {told[0]}, torch {told[1]}: they {word}")


if __name__ == "__main__":
    main()
