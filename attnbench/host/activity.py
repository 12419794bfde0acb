"""What the machine is doing: watched for a moment, with this process asleep."""

import os
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from attnbench.host.cgroup import memory_left_bytes
from attnbench.host.cpu import ROOT
from attnbench.host.kernel_files import fields, text

WATCH_SECONDS = 0.3  # 30 ticks a core: shares are good to some 3 % of a core
BUSY = 0.05  # of a core; below this a process is not named
NAMED = 5  # processes at most


@dataclass(frozen=True)
class Process:
    """Another process, and how much of the processor it took."""

    pid: int
    name: str
    cores: float  # it kept busy while watched


@dataclass(frozen=True)
class Activity:
    """How busy the machine was with others. None: not told."""

    seconds: float  # it was watched
    load: tuple[float, ...]  # mean number of tasks that ran or waited in 1, 5, 15 minutes
    idle_cores: float | None  # of those that this process may run on
    stolen: float | None  # share of their time that a hypervisor gave to others
    stolen_since_boot: float | None  # share of the time that they wanted to run
    busy: tuple[Process, ...]  # others, the busiest first
    swapped_pages: int  # moved in or out while watched
    swap_used_bytes: int
    memory_available_bytes: int | None


@dataclass(frozen=True)
class _Snapshot:
    cores: dict[int, tuple[int, ...]]  # ticks: user nice system idle iowait irq softirq steal
    processes: dict[int, tuple[str, int]]  # name, ticks
    swapped: int


def watch(
    root: Path = ROOT,
    allowed: Collection[int] | None = None,
    seconds: float = WATCH_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> Activity:
    """Looks twice, `seconds` apart, at the cores `allowed` and at all processes but this one."""
    cores = os.sched_getaffinity(0) if allowed is None else allowed
    before = _snapshot(root, cores)
    sleep(seconds)
    after = _snapshot(root, cores)
    memory = fields(root / "proc/meminfo")
    available = memory.get("MemAvailable")
    left = (None if available is None else available * 1024, memory_left_bytes(root))
    spent = [
        tuple(b - a for a, b in zip(before.cores[c], after.cores[c], strict=True))
        for c in before.cores.keys() & after.cores.keys()
    ]
    return Activity(
        seconds=seconds,
        load=tuple(map(float, text(root / "proc/loadavg").split()[:3])),
        idle_cores=round(sum(map(_idle, spent)), 2) if spent else None,
        stolen=_stolen(spent),
        stolen_since_boot=_stolen_since_boot(after),
        busy=_busy(before, after, seconds),
        swapped_pages=after.swapped - before.swapped,
        swap_used_bytes=1024 * (memory.get("SwapTotal", 0) - memory.get("SwapFree", 0)),
        memory_available_bytes=min((n for n in left if n is not None), default=None),
    )


def _snapshot(root: Path, allowed: Collection[int]) -> _Snapshot:
    lines = (line.split() for line in text(root / "proc/stat").splitlines())
    cores = {
        int(words[0][3:]): tuple(map(int, words[1:9]))
        for words in lines
        if words and words[0].startswith("cpu") and words[0][3:].isdigit()
    }
    paging = fields(root / "proc/vmstat")
    return _Snapshot(
        {n: ticks for n, ticks in cores.items() if n in allowed and len(ticks) == 8},
        dict(filter(None, map(_process, (root / "proc").glob("[0-9]*/stat")))),
        paging.get("pswpin", 0) + paging.get("pswpout", 0),
    )


def _process(stat: Path) -> tuple[int, tuple[str, int]] | None:
    """None once it has ended. The name may hold spaces and brackets: it ends at the last one."""
    start, _, rest = text(stat).rpartition(")")
    words = rest.split()
    if len(words) < 13:
        return None
    return int(stat.parent.name), (start.partition("(")[2], int(words[11]) + int(words[12]))


def _idle(ticks: tuple[int, ...]) -> float:
    """Share of a core's time; waiting for a disk is idle too."""
    return (ticks[3] + ticks[4]) / sum(ticks) if sum(ticks) else 1.0


def _stolen(spent: list[tuple[int, ...]]) -> float | None:
    """The first tick is left out: a microsecond may be what filled it."""
    total = sum(map(sum, spent))
    return max(sum(ticks[7] for ticks in spent) - 1, 0) / total if total else None


def _stolen_since_boot(now: _Snapshot) -> float | None:
    """Nothing is stolen from an idle core, so idle time does not count."""
    wanted = sum(sum(ticks) - ticks[3] - ticks[4] for ticks in now.cores.values())
    return sum(ticks[7] for ticks in now.cores.values()) / wanted if wanted else None


def _busy(before: _Snapshot, after: _Snapshot, seconds: float) -> tuple[Process, ...]:
    a_core = seconds * os.sysconf("SC_CLK_TCK")
    found = (
        Process(pid, name, round((ticks - before.processes.get(pid, ("", 0))[1]) / a_core, 2))
        for pid, (name, ticks) in after.processes.items()
        if pid != os.getpid()
    )
    ordered = sorted((p for p in found if p.cores >= BUSY), key=lambda p: -p.cores)
    return tuple(ordered[:NAMED])
