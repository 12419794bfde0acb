"""Joules an image, by the device's own energy counter, over a window long enough for it.

`energy` is all that the device drew while it ran steps; `energy.net` is without what it draws
when idle, `energy.idle` in watts, from a pause before and one after.
Source of the rule: Yang, Adamek, Armour, Part-time power measurements, arXiv 2312.02741: power is
sampled for a part of the time only, so short windows and power readings are not to be trusted.
"""

from collections.abc import Callable
from dataclasses import dataclass

from attnbench.errors import UnmeasuredError
from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench
from attnbench.measure._device import Device
from attnbench.measure._step import undisturbed
from attnbench.stopwatch import WINDOWS

UPDATES = 20  # of the counter in a window, at least: it moves every 20 to 100 ms
SHORTEST, LONGEST = 2.0, 10.0  # s of a window
IDLE_UPDATES, IDLE = 5, 1.0
LOOK = 0.01  # s between two looks at the counter


@dataclass(frozen=True)
class Drawn:
    """Joules and seconds from one move of the counter to another, and the calls between them."""

    joules: float
    seconds: float
    calls: int

    @property
    def watts(self) -> float:
        return self.joules / self.seconds


@metric(
    origin="measured",
    units={"energy": "J", "energy.net": "J", "energy.idle": "W"},
    needs_device=True,
    repeat=True,
)
def energy(bench: Bench) -> dict[str, Found]:
    """Refused where there is no counter, or where it moves too seldom for the window."""
    device = bench.device
    device.joules()  # without a counter the head need not run
    step = bench.real
    device.synchronize()
    with undisturbed(step), bench.spent.on(WINDOWS):
        before = _idle(device)
        drawn = _busy(device, step.afresh)
        clock = device.state().clock_mhz
        after = _idle(device)
    images = drawn.calls * bench.trial.shape.batch
    idle = (before.watts + after.watts) / 2
    notes = (f"{drawn.calls} calls in {drawn.seconds:.2f} s, SM clock {clock} MHz after them",)
    return {
        "energy": Found((drawn.joules / images,), notes=notes),
        "energy.net": Found(((drawn.joules - idle * drawn.seconds) / images,)),
        "energy.idle": Found((before.watts, after.watts), notes=("before and after",)),
    }


def _idle(device: Device) -> Drawn:
    def pause() -> int:
        device.sleep(LOOK)
        return 0

    return _watched(device, pause, IDLE, IDLE_UPDATES)


def _busy(device: Device, step: Callable[[], object]) -> Drawn:
    start = device.now()
    step()
    device.synchronize()
    calls = max(1, int(LOOK / max(device.now() - start, device.resolution)))

    def some() -> int:
        for _ in range(calls):
            step()
        device.synchronize()
        return calls

    return _watched(device, some, SHORTEST, UPDATES)


def _watched(device: Device, act: Callable[[], int], shortest: float, updates: int) -> Drawn:
    """What is drawn while `act` is done over and over; it returns the calls that it made."""
    begun, last, made, unmoved = device.now(), device.joules(), 0, 0
    moves: list[tuple[float, float, int]] = []  # time, joules, calls so far
    while len(moves) <= updates or moves[-1][0] - begun < shortest:
        made += act()
        now, joules = device.now(), device.joules()
        if joules != last:
            moves.append((now, joules, made))
            last = joules
        else:
            unmoved += 1
        if now - begun >= LONGEST and len(moves) > 1 and not unmoved:
            break  # steps are slow, and the counter moves in every one of them
        if now - begun >= LONGEST:
            raise UnmeasuredError(
                f"the energy counter moved {len(moves)} times in {LONGEST:g} s; "
                f"{updates + 1} moves are needed to trust it"
            )
    (start, low, first), (end, high, until) = moves[0], moves[-1]
    return Drawn(high - low, end - start, until - first)
