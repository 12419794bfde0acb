"""When to take a sample, how many calls go into it, and when there are enough."""

from collections.abc import Callable
from dataclasses import dataclass

from attnbench import stats
from attnbench.trial import Budget

Timer = Callable[[int], float]  # makes that many calls and returns the seconds they took


@dataclass(frozen=True)
class Samples:
    """Seconds a call, one value a sample; `calls` went into each; `stopped` says why it ended."""

    values: tuple[float, ...]
    calls: int
    stopped: str


def sample(timer: Timer, budget: Budget, warmed: float = 0.0) -> Samples:
    """Warm up by time, find how many calls the clock needs, then sample until the budget says stop.

    `warmed` are the seconds of a call that was made already: it counts as warm-up. Sampling ends
    when the interval of the median is within `budget.precision` or when the samples have taken
    `budget.max_seconds`, and in no case before `budget.min_samples`. Time is what `timer` returns:
    nothing here looks at a clock.
    """
    spent, took, calls = warmed, warmed, 1
    while not took or spent < budget.warmup_seconds:
        took = timer(1)
        spent += took
    # Doubling, not adding: a head may take 20 us or 20 s, and neither should cost minutes.
    while took < budget.min_sample_seconds:
        calls *= 2
        took = timer(calls)
    values: list[float] = []
    while True:
        values.append(timer(calls) / calls)
        if len(values) < budget.min_samples:
            continue
        middle = stats.median(values)
        if middle.known and (middle.high - middle.low) / 2 <= budget.precision * middle.value:
            return Samples(tuple(values), calls, "precision reached")
        if sum(values) * calls >= budget.max_seconds:
            return Samples(tuple(values), calls, "budget spent")
