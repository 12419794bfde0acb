"""The part of the page on counts: which are right, and which counter says when it is not."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from benchmarks.peers.page.tables import RIGHT, grid, percent
from benchmarks.peers.results import Counted, Results
from benchmarks.peers.traps import OTHER_FLOPS

ROWS = """## Is the count right?

Multiply-adds of a forward pass, of modules on which counters are known to go wrong: C = 64, K = 32,
a 16 x 16 map; products are written out by hand in `benchmarks/peers/traps.py`. ✓ is the exact
number (FLOPs of `FlopCounterMode` and `torch.profiler` are halved), *g* after it: only with
gradients on, as torch has fused layers that it takes without; * after a number: the counter named
something as not counted, so that a reader could know; – is no count at all. `attnbench` counts on
tensors without data, the others on real ones.
"""
SUMMARY = """*wrong, and silent* is what nobody notices; *right, and named something* is a counter
that names what has no multiply-add as well (views, a softmax, sums).
"""
FREE = """What has no multiply-add, and what each counter gives for it all the same: its convention,
so neither right nor wrong. attnbench counts these in FLOPs alone:
{flops}.
"""
HEADS = """### Heads

Blocks at 1x512x32x32, held against the closed form that each head declares; ✓ is equal to the
integer. A few tenths of a per cent are conventions: a bias, a norm or a softmax counted as
multiply-adds. What counters do not see of a head is what makes it attention.
"""


def lines(results: Results) -> Iterator[str]:
    counters = list(dict.fromkeys(c.counter for c in results.rows))
    yield ROWS
    yield from table(results.rows, counters, _number)
    yield SUMMARY
    yield from grid(
        ("counter", "right", "wrong, and named something", "wrong, and silent", "no count",
         "right, and named something"),
        [(name, *_summary([c for c in results.rows if c.counter == name])) for name in counters],
    )  # fmt: skip
    flops = [f"{OTHER_FLOPS[case].flops:,} for {case}" for case in _cases(results.free)]
    yield FREE.format(flops=", ".join(flops))
    yield from table(results.free, counters, _given)
    yield HEADS
    yield from table(results.heads, counters, _difference)


def table(
    found: Iterable[Counted], counters: Sequence[str], cell: Callable[[Counted], str]
) -> Iterator[str]:
    """A row a case, a column a counter."""
    by_case: dict[str, dict[str, Counted]] = {}
    for one in found:
        by_case.setdefault(one.case, {})[one.counter] = one
    rows = [
        [
            case,
            f"{next(iter(of.values())).true:,}",
            *(cell(of[c]) if c in of else "–" for c in counters),
        ]
        for case, of in by_case.items()
        if case != "all"
    ]
    yield from grid(("", "true", *counters), rows)


def right(one: Counted) -> bool:
    return one.macs == one.true


def _number(one: Counted) -> str:
    if one.macs is None:
        return "–"
    if right(one):
        return f"{RIGHT} g" if one.grad else RIGHT
    return f"{one.macs:,}{'*' if one.said else ''}"


def _cases(found: Iterable[Counted]) -> list[str]:
    return list(dict.fromkeys(one.case for one in found))


def _given(one: Counted) -> str:
    return "–" if one.macs is None else f"{one.macs:,}"


def _difference(one: Counted) -> str:
    if one.macs is None:
        return "–"
    return RIGHT if right(one) else percent(one.macs / one.true - 1)


def _summary(found: Sequence[Counted]) -> tuple[str, ...]:
    wrong = [c for c in found if c.macs is not None and not right(c)]
    named = sum(bool(c.said) for c in wrong)
    none = sum(c.macs is None for c in found)
    over = sum(bool(c.said) for c in found if right(c))
    good = f"{sum(map(right, found))} of {len(found)}"
    return good, str(named), str(len(wrong) - named), str(none), str(over)
