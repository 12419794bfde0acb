"""Heads of other libraries beside ours: the same function, the same weights, taking turns."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from attnbench.heads import HEADS, kernels
from attnbench.measure._step import Step, undisturbed, wake_zero_weights
from benchmarks.peers.child import ChildError, answer, ask, reason
from benchmarks.peers.results import Raced
from benchmarks.peers.theirs import RIVALS, C, Rival

FORWARD, TRAINING = "forward", "forward and backward"
PLACES = ((64, FORWARD), (64, TRAINING), (96, FORWARD))  # side, mode
CALLED = 0.05  # seconds: shorter calls are made several times a turn
MIN_TURNS, MAX_TURNS, SECONDS = 4, 12, 8.0  # turns end between the two, when the seconds are spent
LIMIT_SECONDS = 300.0


@dataclass(frozen=True)
class Asked:
    """A head to race, and where: side, mode."""

    head: str
    places: tuple[tuple[int, str], ...] = PLACES


def races() -> Iterator[Raced]:
    """A process for each head."""
    for head in RIVALS:
        try:
            yield from ask(__name__, Asked(head), tuple[Raced, ...], LIMIT_SECONDS)
        except ChildError as error:
            yield from (
                Raced(head, RIVALS[head].package, side, mode, failed=str(error))
                for side, mode in PLACES
            )


def raced(asked: Asked) -> tuple[Raced, ...]:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rival = RIVALS[asked.head]
    try:
        modules = runners(asked.head, rival)
    except Exception as error:  # noqa: BLE001 another library may raise anything at import
        failed = reason(error)
        return tuple(Raced(asked.head, rival.package, *p, failed=failed) for p in asked.places)
    # Once, and first: in training batch norms learn, each runner's as often as it is called.
    apart = difference(modules, torch.randn(1, C, 64, 64).relu())
    return tuple(
        replace(found, head=asked.head, apart=apart[found.who])
        for place in asked.places
        for found in race(modules, *place)
    )


def runners(head: str, rival: Rival) -> dict[str, nn.Module]:
    """Their module, and ours with its weights in each kernel that the head has."""
    theirs = rival.make()
    wake_zero_weights(theirs)
    modules = {rival.package: theirs}
    for kernel in (k for k in kernels(head) if k != "compiled"):
        option = {} if kernel == "eager" else {"kernel": kernel}
        ours = HEADS[head](C, **rival.options, **option)
        ours.load_state_dict(rival.weights(theirs, ours))
        modules[f"attnbench {kernel}"] = ours
    return modules


def race(modules: dict[str, nn.Module], side: int, mode: str) -> Iterator[Raced]:
    """Turns in random order: each runner's median of them is under the same disturbances."""
    x = torch.randn(1, C, side, side).relu()
    steps = {who: _step(module, x, training=mode == TRAINING) for who, module in modules.items()}
    calls = {who: _calls(step) for who, step in steps.items()}
    order = random.Random(side)  # noqa: S311 an order, no secret
    found, began = {who: [] for who in steps}, time.perf_counter()
    for turn in range(MAX_TURNS):
        if turn >= MIN_TURNS and time.perf_counter() - began > SECONDS:
            break
        for who in order.sample(list(steps), len(steps)):
            with undisturbed(steps[who]):
                found[who].append(_seconds(steps[who], calls[who]))
    for who, seconds in found.items():
        yield Raced("", who, side, mode, tuple(seconds))


def difference(modules: dict[str, nn.Module], x: Tensor) -> dict[str, float]:
    """Largest difference of the outputs from the first one's, over its largest value."""
    with torch.no_grad():
        outputs = {who: module.eval()(x) for who, module in modules.items()}
    first = next(iter(outputs.values()))
    return {who: float((y - first).abs().max() / first.abs().max()) for who, y in outputs.items()}


def _step(module: nn.Module, x: Tensor, *, training: bool) -> Step:
    module.train(training)
    if not training:
        return Step(module, x, training=False)
    mine = x.clone().requires_grad_()
    return Step(module, mine, training=True, cotangent=torch.randn_like(x))


def _calls(step: Step) -> int:
    """As many as make a turn long enough, by the first call, which warms it up."""
    return max(1, round(CALLED / _seconds(step, 1)))


def _seconds(step: Step, calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        step.afresh()
    return (time.perf_counter() - start) / calls


if __name__ == "__main__":
    answer(Asked, raced)
