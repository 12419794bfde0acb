"""A call in a forked process with a limit of memory and of time: how long it took, at what peak."""

import gc
import os
import re
import resource
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from attnbench.run.fork import in_fork
from attnbench.units import quantity
from benchmarks.peers.child import reason

ASKED = re.compile(r"allocate (\d+) bytes")  # torch's CPU allocator, of the tensor it could not get
REPEATED_WITHIN = 0.2  # seconds: shorter calls are made again, warm


@dataclass(frozen=True)
class Spent:
    """Seconds of a call, and resident bytes that it had above what stood before; or why none."""

    seconds: float | None = None
    peak_bytes: int | None = None
    value: int | None = None
    failed: str = ""


def spent(
    prepare: Callable[[], Callable[[], int]], limit_bytes: int, limit_seconds: float
) -> Spent:
    """What `prepare()()` spends, in a fork of this process; what `prepare` does is not in it.

    A fork starts with all that is imported here, so that neither imports nor earlier calls are in
    the peak. Resident memory is as the kernel tells it, in steps of a page. It wants `VARIABLES` of
    `child`: torch's pool of threads does not survive a fork, and a fork would wait for it.
    """
    told, status = in_fork(lambda: _spent(prepare, limit_bytes, limit_seconds))
    if told:
        return msgspec.json.decode(told, type=Spent)
    alarmed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM
    return Spent(failed=late(limit_seconds) if alarmed else "ended without answer")


def late(seconds: float) -> str:
    return f"no count within {seconds:g} s"


def _spent(
    prepare: Callable[[], Callable[[], int]], limit_bytes: int, limit_seconds: float
) -> Spent:
    resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))
    try:
        call = prepare()
        gc.collect()
        gc.disable()
        before = _reset_peak()
        signal.setitimer(signal.ITIMER_REAL, limit_seconds)  # its default action ends this process
        seconds, value = _timed(call)
        signal.setitimer(signal.ITIMER_REAL, 0)
        peak = max(0, _status("VmHWM") - before)
        if seconds < REPEATED_WITHIN:
            seconds = sorted(_timed(call)[0] for _ in range(5))[2]
    except Exception as error:  # noqa: BLE001 a counter may raise anything
        return Spent(failed=_without_memory(error) or reason(error))
    return Spent(seconds, peak, value)


def _timed(call: Callable[[], int]) -> tuple[float, int]:
    start = time.perf_counter()
    value = call()
    return time.perf_counter() - start, value


def _without_memory(error: BaseException | None) -> str:
    """One line for an allocation that failed, in this error or one behind it; or nothing."""
    while error:
        if asked := ASKED.search(str(error)):
            return f"needs a tensor of {quantity(int(asked[1]), 'bytes')}"
        error = error.__cause__ or error.__context__
    return ""


def _reset_peak() -> int:
    """Resident bytes now, from where on the peak is counted. Source: proc(5), clear_refs."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _status(name: str) -> int:
    """Bytes. Source: proc(5), status: given in units of 1024 bytes, called kB."""
    text = Path("/proc/self/status").read_text()
    return 1024 * int(re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)[1])
