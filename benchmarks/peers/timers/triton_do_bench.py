"""triton.testing.do_bench, which times on a GPU alone."""

from triton.testing import do_bench

from benchmarks.peers.child import ChildError
from benchmarks.peers.timers import Step

MILLI = 1e-3


def times(step: Step, seconds: float, device: str) -> list[float]:
    """Raises ChildError for a step on another device."""
    if device != "cuda":
        raise ChildError("times on a GPU alone")
    return [t * MILLI for t in do_bench(step, rep=round(seconds / MILLI), return_mode="all")]
