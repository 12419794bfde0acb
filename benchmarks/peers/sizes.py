"""How the time and the memory of one count grow with the map, in a process for each counter."""

import gc
from collections.abc import Callable, Iterator
from contextlib import suppress

import torch

from attnbench.measure._meta import like_cpu
from benchmarks.peers import memory
from benchmarks.peers.child import answer
from benchmarks.peers.counters import OURS, counter
from benchmarks.peers.counting import built, trial
from benchmarks.peers.memory import Spent, spent
from benchmarks.peers.results import Sized

CLOSED_FORM = "attnbench, closed form"  # `macs.modelled`
HEADS = ("non_local", "ema")
SIDES = (32, 64, 128, 256, 512)
LIMIT_BYTES, LIMIT_SECONDS = 16 * 2**30, 10.0


def sizes(name: str) -> tuple[Sized, ...]:
    return tuple(found for tensors in kinds(name) for found in grown(name, tensors))


def kinds(name: str) -> tuple[str, ...]:
    if name == CLOSED_FORM:
        return ("none",)
    return ("meta",) if name == OURS else ("real", "meta")


def grown(name: str, tensors: str) -> Iterator[Sized]:
    """Each head at each side; what is too slow at one side is not tried at the next."""
    _warm(name, tensors)
    for head in HEADS:
        slow = ""
        for side in SIDES:
            done = Spent(failed=slow) if slow else once(name, tensors, head, side)
            if not slow and done.failed == memory.late(LIMIT_SECONDS):
                slow = f"{done.failed} at {side}²"
            yield Sized(
                name, tensors, head, side, done.seconds, done.peak_bytes, done.value, done.failed
            )


def _warm(name: str, tensors: str) -> None:
    """Imports all that a count needs, and keeps the garbage collector of a fork off it."""
    with suppress(Exception):  # what it cannot count, it will tell at each side
        prepared(name, tensors, HEADS[-1], 2)()
    gc.freeze()


def once(name: str, tensors: str, head: str, side: int) -> Spent:
    return spent(lambda: prepared(name, tensors, head, side), LIMIT_BYTES, LIMIT_SECONDS)


def prepared(name: str, tensors: str, head: str, side: int) -> Callable[[], int]:
    """A count that is ready to be made: its module and its input are there."""
    prepare = {CLOSED_FORM: _closed, OURS: _ours}.get(name) or {"meta": _meta, "real": _real}[
        tensors
    ]
    return prepare(name, head, side)


def _closed(_name: str, head: str, side: int) -> Callable[[], int]:
    with torch.device("meta"):
        module = built(trial(head, 1))[0]
    return lambda: module.cost(trial(head, side).shape).macs


def _ours(name: str, head: str, side: int) -> Callable[[], int]:
    count = counter(name)
    with like_cpu():
        what = built(trial(head, side))

    def call() -> int:
        with like_cpu():
            return count(*what).macs

    return call


def _meta(name: str, head: str, side: int) -> Callable[[], int]:
    with torch.device("meta"):
        return _real(name, head, side)


def _real(name: str, head: str, side: int) -> Callable[[], int]:
    count, what = counter(name), built(trial(head, side))

    def call() -> int:
        with torch.no_grad():
            return count(*what).macs

    return call


if __name__ == "__main__":
    answer(str, sizes)
