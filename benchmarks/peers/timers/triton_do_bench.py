"""triton.testing.do_bench, which times on a GPU alone."""

import torch
from triton.testing import do_bench

from benchmarks.peers.child import ChildError
from benchmarks.peers.timers import Step

MILLI = 1e-3


def times(step: Step, seconds: float) -> list[float]:
    """Raises ChildError without a GPU."""
    if not torch.cuda.is_available():
        raise ChildError("times on a GPU alone, and there is none here")
    return [t * MILLI for t in do_bench(step, rep=round(seconds / MILLI), return_mode="all")]
