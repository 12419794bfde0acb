"""The part of the page on isolated sweeps."""

from collections.abc import Iterator
from statistics import median

from attnbench.units import digits
from benchmarks.peers.page.tables import grid
from benchmarks.peers.results import Results

TEXT = """## An isolated sweep

The same {trials} trials (metric `latency`, short budget), isolated from the process that asks, with
one worker for all of them or a process for each, as tools with a process a benchmark have it.
attnbench starts a fresh process at each round and after each failure, and for nothing else.
Wall-clock seconds over the trials, start included; median of {repetitions} turns.
"""


def lines(results: Results) -> Iterator[str]:
    ways = dict.fromkeys(s.way for s in results.sweeps)
    each = {
        way: median(s.seconds / s.trials for s in results.sweeps if s.way == way) for way in ways
    }
    if not each:
        return
    first = next(iter(each.values()))
    repetitions = 1 + max(s.repetition for s in results.sweeps)
    yield TEXT.format(trials=results.sweeps[0].trials, repetitions=repetitions)
    rows = [(way, f"{digits(s)} s", digits(s / first, 2)) for way, s in each.items()]
    yield from grid(("", "seconds a trial", "times as long"), rows)
