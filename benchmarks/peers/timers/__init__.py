"""Tools that time a step: one file each, with a function `times(step, seconds, device) -> samples`.

Each is given about the same seconds to sample in, one thread, and a step under no_grad. What it
returns are seconds a call, one value a sample, as the tool itself defines a sample.
"""

from collections.abc import Callable, Sequence
from importlib import import_module

Step = Callable[[], object]
Timer = Callable[[Step, float, str], Sequence[float]]

OURS = "attnbench"
# Name on the page, to its module here and the distribution whose version is told.
TIMERS = {
    OURS: ("ours", "attnbench"),
    "torch timeit": ("torch_timeit", "torch"),
    "torch blocked_autorange": ("torch_blocked", "torch"),
    "torch adaptive_autorange": ("torch_adaptive", "torch"),
    "pytest-benchmark": ("pytest_benchmark", "pytest-benchmark"),
    "optimum-benchmark": ("optimum_benchmark", "optimum-benchmark"),
    "triton do_bench": ("triton_do_bench", "triton"),
}
ON_GPU = (OURS, "torch blocked_autorange", "torch adaptive_autorange", "triton do_bench")
PRECISION = 0.01  # half-width of the median's interval that a tool is asked for, if it can be asked


def timer(name: str) -> Timer:
    """Imported when asked for; raises what the import raises."""
    return import_module(f"{__name__}.{TIMERS[name][0]}").times
