"""Latency of the same steps by each tool, in processes of their own and in random order."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan

import torch

from attnbench import stats
from attnbench.measure._bench import Bench
from attnbench.measure._step import undisturbed
from attnbench.trial import Shape, Trial
from benchmarks.peers.child import ChildError, answer, ask, reason
from benchmarks.peers.results import Timed
from benchmarks.peers.timers import timer

STEPS = (("gc", 64), ("ema", 32), ("non_local", 32), ("ema", 64))  # each well below a second
CHANNELS = 512
SECONDS = 1.0  # that a tool is given to sample in
REPETITIONS = 4
LIMIT_SECONDS = 120.0


@dataclass(frozen=True)
class Asked:
    """Steps that one tool is to time in one process."""

    tool: str
    steps: tuple[tuple[str, int], ...]
    repetition: int = 0
    device: str = "cpu"
    seconds: float = SECONDS


def latency(tools: tuple[str, ...], device: str = "cpu", seed: int = 0) -> Iterator[Timed]:
    """A fresh process for each tool and repetition; in each the steps in an order of its own."""
    order = random.Random(seed)  # noqa: S311 an order, no secret
    for repetition in range(REPETITIONS):
        for tool in order.sample(tools, len(tools)):
            steps = tuple(order.sample(STEPS, len(STEPS)))
            try:
                asked = Asked(tool, steps, repetition, device)
                yield from ask(__name__, asked, tuple[Timed, ...], LIMIT_SECONDS)
            except ChildError as error:
                yield from (
                    Timed(tool, *step, repetition, device=device, failed=str(error))
                    for step in steps
                )


def timed(asked: Asked) -> tuple[Timed, ...]:
    torch.set_num_threads(1)
    return tuple(_timed(asked, head, side) for head, side in asked.steps)


def _timed(asked: Asked, head: str, side: int) -> Timed:
    what = (asked.tool, head, side, asked.repetition)
    step = Bench(Trial(head, Shape(1, CHANNELS, side, side), device=asked.device)).real
    try:
        times = timer(asked.tool)  # imported before the clock runs
        with undisturbed(step):
            start = time.perf_counter()
            samples = times(step.afresh, asked.seconds, asked.device)
            took = time.perf_counter() - start
    except Exception as error:  # noqa: BLE001 a tool may raise anything
        return Timed(*what, device=asked.device, failed=reason(error))
    middle = stats.blocked_median(samples)
    low, high = (None if isnan(end) else end for end in (middle.low, middle.high))
    if len(samples) == 1:
        low = high = None
    return Timed(*what, middle.value, low, high, len(samples), took, asked.device)


if __name__ == "__main__":
    answer(Asked, timed)
