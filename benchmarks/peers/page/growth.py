"""The part of the page on what a count itself takes: seconds and memory, by the side of the map."""

from collections.abc import Iterator

from attnbench.units import digits, quantity
from benchmarks.peers.counters import OURS
from benchmarks.peers.page.tables import grid
from benchmarks.peers.results import Results, Sized

SIDE = 128  # at which times are compared: the largest whose map of all pairs fits most machines

TEXT = """### What a count takes

Seconds of one count, and the peak of resident memory above what stood before it (module and input
are there), each in a process of its own with {gib} GiB of address space and {seconds:g} s; a count
of less than 0.2 s is the median of five more. *real*: the counter runs the head. *meta*: the same
counter on tensors without data, which its documentation need not promise. Some MiB are pages of the
interpreter itself. Blocks of 512 channels.
"""


def lines(results: Results) -> Iterator[str]:
    yield TEXT.format(gib=results.count_bytes >> 30, seconds=results.count_seconds)
    heads = [head for head in dict.fromkeys(s.head for s in results.sizes) if head != "all"]
    for head in heads:
        mine = [s for s in results.sizes if s.head == head]
        sides = sorted({s.side for s in mine})
        yield f"`{head}`:\n"
        yield from grid(("", *(f"{side}²" for side in sides)), _rows(mine, sides))
    yield from _told(results.sizes, heads)
    yield from _failures(results.sizes)


def _rows(found: list[Sized], sides: list[int]) -> Iterator[list[str]]:
    for counter, tensors in dict.fromkeys((s.counter, s.tensors) for s in found):
        cells = {s.side: _cell(s) for s in found if (s.counter, s.tensors) == (counter, tensors)}
        if any(s.seconds for s in found if (s.counter, s.tensors) == (counter, tensors)):
            name = counter if counter.startswith(OURS) else f"{counter}, {tensors}"
            yield [name, *(cells.get(side, "") for side in sides)]


def _cell(one: Sized) -> str:
    if one.seconds is None:
        return one.failed
    return f"{quantity(one.seconds, 's', 2)}, {quantity(one.peak_bytes, 'bytes', 2)}"


def _told(sizes: tuple[Sized, ...], heads: list[str]) -> Iterator[str]:
    """How many times as long the others take, in a sentence a head."""
    for head in heads:
        at = [s for s in sizes if (s.head, s.side) == (head, SIDE) and s.seconds]
        ours = {s.counter: s.seconds for s in at if s.counter.startswith(OURS)}
        for kind, who in (("real", "that run the head"), ("meta", "on meta tensors")):
            others = [s.seconds for s in at if not s.counter.startswith(OURS) and s.tensors == kind]
            if not others:
                continue
            parts = [
                f"{_span(min(others) / own, max(others) / own)} times as long as {name}"
                for name, own in ours.items()
            ]
            yield f"- `{head}` at {SIDE}²: counters {who} take {', and '.join(parts)}."
    yield "\nOn meta tensors other counters make no map either; it is the count that differs.\n"


def _span(low: float, high: float) -> str:
    return f"{digits(low, 2)} to {digits(high, 2)}"


def _failures(sizes: tuple[Sized, ...]) -> Iterator[str]:
    """Counters with no count at any size for a kind of tensors, and why."""
    pairs = dict.fromkeys((s.counter, s.tensors) for s in sizes)
    for counter, tensors in pairs:
        found = [s for s in sizes if (s.counter, s.tensors) == (counter, tensors)]
        if not any(s.seconds for s in found):
            yield f"- {counter} gives no count on {tensors} tensors: {found[0].failed}"
    yield ""
