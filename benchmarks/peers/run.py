"""All comparisons, one after the other: a machine that measures two things measures neither."""

import sys
import time
from collections.abc import Callable, Container, Iterable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec
import torch

from attnbench.measure._environment import environment
from attnbench.units import quantity
from benchmarks.peers import install, latency, races, sizes, sweeps
from benchmarks.peers.child import ChildError, ask, reason
from benchmarks.peers.counters import COUNTERS, OURS, counter
from benchmarks.peers.results import Counted, Counts, Results, Sized, Timed
from benchmarks.peers.timers import ON_GPU, TIMERS, timer

COUNT_SECONDS, SIZE_SECONDS = 120.0, 600.0
HEADS_OF_OTHERS = {"mmcv-lite": "mmcv", "mmsegmentation": "mmseg"}  # distribution to its package


def run(say: Callable[[str], None]) -> Results:
    """Of this machine, now. `say` is told what begins."""
    began = time.perf_counter()
    missing = refusals() | absent()
    counters = [name for name in COUNTERS if name not in missing]
    say("counting: rows and heads")
    counts = [counted(name) for name in counters]
    say("counting: time and memory by size")
    grown = [found for name in (sizes.CLOSED_FORM, *counters) for found in sized(name)]
    say("latency")
    timed = tuple(found for device in devices() for found in timed_on(device, missing))
    say("isolated sweeps")
    swept = tuple(sweeps.sweeps())
    say("heads of other libraries")
    raced = tuple(races.races())
    return Results(
        made=datetime.now(UTC).strftime("%Y-%m-%d"),
        machine=machine(),
        versions=versions(),
        missing=missing,
        seconds=round(time.perf_counter() - began),
        count_bytes=sizes.LIMIT_BYTES,
        count_seconds=sizes.LIMIT_SECONDS,
        sample_seconds=latency.SECONDS,
        rows=tuple(found for of in counts for found in of.rows),
        free=tuple(found for of in counts for found in of.free),
        heads=tuple(found for of in counts for found in of.heads),
        sizes=tuple(grown),
        latency=timed,
        sweeps=swept,
        races=raced,
    )


def counted(name: str) -> Counts:
    try:
        return ask("benchmarks.peers.counting", name, Counts, COUNT_SECONDS)
    except ChildError as error:
        return Counts((Counted(name, "all", 0, failed=str(error)),))


def sized(name: str) -> Iterable[Sized]:
    try:
        return ask("benchmarks.peers.sizes", name, tuple[Sized, ...], SIZE_SECONDS)
    except ChildError as error:
        return (Sized(name, "real", "all", 0, failed=str(error)),)


def devices() -> tuple[str, ...]:
    return ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)


def timed_on(device: str, missing: Container[str]) -> Iterator[Timed]:
    tools = [name for name in (TIMERS if device == "cpu" else ON_GPU) if name not in missing]
    return latency.latency(tuple(tools), device)


def refusals() -> dict[str, str]:
    """What did not install in the environment that this runs in."""
    path = Path(sys.prefix) / install.REFUSED
    refused = msgspec.json.decode(path.read_bytes(), type=dict[str, str]) if path.exists() else {}
    return {name: f"does not install: {why}" for name, why in refused.items()}


def absent() -> dict[str, str]:
    """What does not import here, by its name on the page."""
    tries = {name: (counter, name) for name in COUNTERS} | {name: (timer, name) for name in TIMERS}
    tries |= {name: (import_module, package) for name, package in HEADS_OF_OTHERS.items()}
    return {name: why for name, (load, what) in tries.items() if (why := _failure(load, what))}


def _failure(load: Callable[[str], object], what: str) -> str:
    try:
        load(what)
    except Exception as error:  # noqa: BLE001 another package may raise anything at import
        return f"does not import: {reason(error)}"
    return ""


def versions() -> dict[str, str]:
    """Of the distributions that are there."""
    told = [distribution for _, distribution in (*COUNTERS.values(), *TIMERS.values())]
    found = {}
    for name in dict.fromkeys((OURS, "torch", *told, *HEADS_OF_OTHERS)):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, str]:
    """What of it can change a number; not its name."""
    here = environment()
    return {
        "processor": here.cpu,
        "cores": str(here.cores),
        "memory": quantity(here.memory_bytes, "bytes"),
        "GPU": ", ".join(gpu.name for gpu in here.gpus) or "none",
        "system": here.os.split()[0],
        "Python": here.python,
    }
