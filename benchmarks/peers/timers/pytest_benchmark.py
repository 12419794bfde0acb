"""pytest-benchmark: a test with its fixture, in a pytest of this process."""

import os

import pytest
import pytest_benchmark.plugin  # noqa: F401 so that its absence is told here

from benchmarks.peers.child import ChildError
from benchmarks.peers.counters._heard import heard
from benchmarks.peers.timers import Step, _pytest_step


class _Steps:
    """Hands the step to the test, and keeps the samples that the fixture took."""

    def __init__(self, step: Step):
        self._step, self.samples = step, []

    @pytest.fixture
    def step(self):
        return self._step

    @pytest.hookimpl
    def pytest_benchmark_update_json(self, output_json):
        self.samples = output_json["benchmarks"][0]["stats"]["data"]


def times(step: Step, seconds: float, _device: str) -> list[float]:
    """Raises ChildError where pytest did not come to an end."""
    steps = _Steps(step)
    told = [f"--benchmark-max-time={seconds}", "--benchmark-disable-gc"]
    kept = [f"--benchmark-json={os.devnull}", f"--benchmark-storage={os.devnull}"]
    with heard():
        code = pytest.main(
            [_pytest_step.__file__, "-c", os.devnull, "-p", "no:cacheprovider", *told, *kept],
            plugins=[steps],
        )
    if code or not steps.samples:
        raise ChildError(f"pytest ended with exit code {int(code)}")
    return steps.samples
