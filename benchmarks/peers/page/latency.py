"""The part of the page on latency: what each tool says of the same step, and what it took."""

from collections.abc import Iterator, Sequence
from statistics import median

from attnbench.units import digits, quantity
from benchmarks.peers.page.tables import NOTHING, grid, percent
from benchmarks.peers.results import Results, Timed
from benchmarks.peers.timers import OURS, PRECISION

TEXT = """## Latency

The same step (forward under no_grad, 512 channels, one thread), by each tool in {repetitions}
fresh processes in random order. Each is given {seconds:g} s to sample in, and where it can be told,
to stop at ±{precision:g} %. *median*: of the medians of its processes. *to ours*: that, against
attnbench's. *spread*: largest over smallest median of a process. *±*: half the 95 % interval of the
median of one process, by `attnbench.stats.blocked_median` of the samples that the tool returns; –
where they give none (fewer than six, or drifting). *within ±{precision:g} %*: processes that got
there. *took*: wall-clock seconds of one measurement, warm-up included. `timeit` returns one mean;
optimum-benchmark takes models by name alone, so its tracker is used in the loop of its scenario.
"""


def lines(results: Results) -> Iterator[str]:
    good = [t for t in results.latency if not t.failed]
    repetitions = 1 + max((t.repetition for t in good), default=0)
    told = {"repetitions": repetitions, "seconds": results.sample_seconds}
    yield TEXT.format(**told, precision=100 * PRECISION)
    for place in dict.fromkeys(map(_place, sorted(good, key=_place))):
        mine = [t for t in good if _place(t) == place]
        ours = _middle([t for t in mine if t.tool == OURS])
        tools = sorted({t.tool for t in mine}, key=lambda tool: (tool != OURS, tool))
        rows = [_row([t for t in mine if t.tool == tool], ours) for tool in tools]
        head, side, device = place
        yield f"`{head}` at {side}², {device}:\n"
        columns = ("median", "to ours", "spread", "±", f"within ±{100 * PRECISION:g} %", "took")
        yield from grid(("", *columns), rows)
    yield from _failures(results.latency)


def _place(one: Timed) -> tuple[str, int, str]:
    return one.head, one.side, one.device


def _middle(found: Sequence[Timed]) -> float:
    return median(t.median for t in found) if found else 0.0


def _row(found: Sequence[Timed], ours: float) -> list[str]:
    """Of one tool on one step."""
    medians = [t.median for t in found]
    halves = [half(t) for t in found if t.low is not None]
    reached = sum(h <= PRECISION for h in halves)
    apart = _middle(found) / ours - 1 if ours and found[0].tool != OURS else 0.0
    return [
        found[0].tool,
        quantity(_middle(found), "s"),
        percent(apart) if apart else NOTHING,
        percent(max(medians) / min(medians) - 1),
        f"{digits(100 * median(halves), 2)} %" if halves else "–",
        f"{reached} of {len(found)}" if halves else "–",
        quantity(median(t.took for t in found), "s"),
    ]


def half(one: Timed) -> float:
    """Half of the interval, relative to the median."""
    return (one.high - one.low) / 2 / one.median


def _failures(found: Sequence[Timed]) -> Iterator[str]:
    for tool, why in dict.fromkeys((t.tool, t.failed) for t in found if t.failed):
        yield f"- {tool} gives no time: {why}"
    yield ""
