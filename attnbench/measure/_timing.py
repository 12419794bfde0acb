"""A step timed on a device: back to back, without gaps, or on a cold cache; and what slowed it."""

from collections.abc import Callable

from attnbench.measure._device import Device
from attnbench.measure._sampling import Lap, Laps

Step = Callable[[], object]
QUEUED = 8  # calls issued while the device is held; a queue of launches takes about a thousand
HELD = 2  # times what the host takes to issue them, so that it is done before the device begins


def hot(device: Device, step: Step) -> Laps:
    """Calls back to back, as a loop would make them; the host may be what they wait for."""

    def laps(calls: int) -> Lap:
        device.synchronize()
        start, begin = device.now(), device.mark()
        for _ in range(calls):
            step()
        end, issued = device.mark(), device.now()
        device.synchronize()
        return Lap(device.between(begin, end), issued - start, device.state())

    return laps


def gapless(device: Device, step: Step, host: float) -> Laps:
    """The device's own time: calls that wait in its queue when it begins, so it waits for none.

    `host` is what the host takes to issue one.
    """

    def laps(calls: int) -> Lap:
        seconds = issuing = 0.0
        for first in range(0, calls, QUEUED):
            taken, issued = _queued(device, step, host, min(QUEUED, calls - first))
            seconds, issuing = seconds + taken, issuing + issued
        return Lap(seconds, issuing, device.state())

    return laps


def cold(device: Device, step: Step, host: float) -> Laps:
    """As `gapless`, one call at a time, each after the cache was overwritten untimed."""

    def laps(calls: int) -> Lap:
        seconds = issuing = 0.0
        for _ in range(calls):
            device.synchronize()
            device.flush()
            taken, issued = _queued(device, step, host, 1)
            seconds, issuing = seconds + taken, issuing + issued
        return Lap(seconds, issuing, device.state())

    return laps


def _queued(device: Device, step: Step, host: float, calls: int) -> tuple[float, float]:
    """Calls issued while the device is held: seconds it takes for them, and the host to issue."""
    device.synchronize()
    device.hold(HELD * host * calls)
    start, begin = device.now(), device.mark()
    for _ in range(calls):
        step()
    end, issued = device.mark(), device.now()
    device.synchronize()
    return device.between(begin, end), issued - start
