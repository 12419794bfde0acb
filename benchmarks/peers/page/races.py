"""The part of the page on heads of other libraries: the same function, theirs and ours."""

from collections.abc import Iterator, Sequence
from statistics import median

from attnbench import stats
from attnbench.stats import Estimate
from attnbench.units import quantity
from benchmarks.peers.page.tables import NOTHING, grid, times
from benchmarks.peers.results import Raced, Results

TEXT = """## Heads of other libraries

The module of the library beside ours with its weights, taking turns in random order in one process
(one thread, 1x512 channels). Times are medians of the turns; *over theirs* is the ratio of time,
geometric mean with its 95 % interval, so below 1 ours is faster; in bold where the whole interval
is beyond 2 %. *apart* is the largest difference of the outputs at 64², over the largest value: the
functions are the same to rounding. mmcv's compiled operators are not part of mmcv-lite, and none
of these heads calls one.
"""


def lines(results: Results) -> Iterator[str]:
    yield TEXT
    places = dict.fromkeys((r.side, r.mode) for r in results.races)
    good = [r for r in results.races if not r.failed]
    for side, mode in places:
        mine = [r for r in good if (r.side, r.mode) == (side, mode)]
        if mine:
            yield f"{side}², {mode}:\n"
            columns = ("theirs", "", "ours", "", "over theirs", "apart")
            yield from grid(("head", *columns), _rows(mine))
    yield from _summary(good)
    for head, why in dict.fromkeys((r.head, r.failed) for r in results.races if r.failed):
        yield f"- {head}: {why}"
    yield ""


def _rows(found: Sequence[Raced]) -> Iterator[list[str]]:
    for theirs, ours in pairs(found):
        ratio = over(ours, theirs)
        shown = f"**{times(ratio)}**" if beyond(ratio) else times(ratio)
        own = ours.who.removeprefix("attnbench ")
        spent = [quantity(median(r.seconds), "s") for r in (theirs, ours)]
        apart = f"{ours.apart:.0e}" if ours.apart else NOTHING
        yield [theirs.head, theirs.who, spent[0], own, spent[1], shown, apart]


def pairs(found: Sequence[Raced]) -> Iterator[tuple[Raced, Raced]]:
    """Theirs beside each of ours, of every head."""
    for head in dict.fromkeys(r.head for r in found):
        theirs, *ours = [r for r in found if r.head == head]
        yield from ((theirs, one) for one in ours)


def over(ours: Raced, theirs: Raced) -> Estimate:
    return stats.ratio(ours.seconds, theirs.seconds)


def beyond(ratio: Estimate) -> bool:
    return ratio.low > 1 + stats.MARGIN or ratio.high < 1 - stats.MARGIN


def _summary(found: Sequence[Raced]) -> Iterator[str]:
    """How often ours is faster, slower or neither; by kernel."""
    by_kernel: dict[str, list[Estimate]] = {}
    for side, mode in dict.fromkeys((r.side, r.mode) for r in found):
        for theirs, ours in pairs([r for r in found if (r.side, r.mode) == (side, mode)]):
            by_kernel.setdefault(ours.who, []).append(over(ours, theirs))
    for who, ratios in by_kernel.items():
        faster = sum(beyond(r) and r.value < 1 for r in ratios)
        slower = sum(beyond(r) and r.value > 1 for r in ratios)
        rest = len(ratios) - faster - slower
        yield f"- {who}: faster {faster} times, slower {slower} times, no difference told {rest}."
    yield ""
