"""A device that follows a script: its own clock, cache, allocator, counters. Nothing waits."""

from dataclasses import dataclass, field

from attnbench.errors import UnmeasuredError
from attnbench.measure._device import Memory, State


@dataclass(eq=False)
class Scripted:
    """Each call of `step` takes `host` seconds to issue and `seconds[i]` on the device.

    The device works through what was issued in order, as a stream does; `log` tells what happened.
    `slowed` are the reasons told at each look at the state, the last for ever; the energy counter
    moves every `update` seconds by what was drawn, `idle` and `busy` in watts.
    """

    seconds: list[float] = field(default_factory=lambda: [1.0])
    host: float = 0.0
    cache_bytes: int = 50_000_000
    resolution: float = 1e-6
    slowed: list[tuple[str, ...]] = field(default_factory=lambda: [()])
    clock_mhz: int = 1980
    idle: float | None = None
    busy: float = 300.0
    update: float = 0.02
    name: str = "Scripted"
    log: list = field(default_factory=list)
    time: float = 0.0  # of the host
    until: float = 0.0  # when the device has done all that was issued
    worked: list[tuple[float, float]] = field(default_factory=list)  # intervals of steps
    blocks: dict = field(default_factory=dict)  # bytes that are allocated, by name
    reserved: int = 0
    peak: int = 0

    def step(self):
        self.time += self.host
        begin = max(self.time, self.until)
        took = self.seconds.pop(0) if len(self.seconds) > 1 else self.seconds[0]
        self.until = begin + took
        self.worked.append((begin, self.until))
        self.log.append("step")

    def now(self):
        return self.time

    def sleep(self, seconds):
        self.time += seconds
        self.until = max(self.until, self.time)

    def synchronize(self):
        self.time = max(self.time, self.until)

    def mark(self):
        return max(self.time, self.until)

    def between(self, begin, end):
        return end - begin

    def hold(self, seconds):
        self.until = max(self.time, self.until) + seconds
        self.log.append(("hold", round(seconds, 9)))

    def flush(self):
        self.until = max(self.time, self.until) + 0.5
        self.log.append(("flush", self.cache_bytes))

    def replayed(self, step):
        self.log.append("captured")
        return step

    def free_bytes(self):
        return 10**9

    def allocate(self, name, size):
        self.blocks[name] = size
        self.reserved = max(self.reserved, sum(self.blocks.values()))
        self.peak = max(self.peak, sum(self.blocks.values()))

    def free(self, name):
        del self.blocks[name]

    def memory(self):
        now = sum(self.blocks.values())
        return Memory(now, self.reserved, self.peak, self.reserved)

    def reset_peak(self):
        self.peak = sum(self.blocks.values())

    def forget(self):
        self.log.append("forgotten")
        self.blocks.pop("workspace", None)
        self.reserved = self.peak = sum(self.blocks.values())

    def state(self):
        told = self.slowed.pop(0) if len(self.slowed) > 1 else self.slowed[0]
        return State(self.clock_mhz, told)

    def joules(self):
        if self.idle is None:
            raise UnmeasuredError("Scripted has no energy counter")
        seen = self.time // self.update * self.update
        working = sum(max(0.0, min(end, seen) - begin) for begin, end in self.worked)
        return self.idle * seen + (self.busy - self.idle) * working
