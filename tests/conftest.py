import os

import pytest

import attnbench.registry as registry_module
from attnbench.record import Reading, Record
from attnbench.trial import Shape, Trial

# Here and in the processes that tests start: the threads of a tiny layer mostly wait for each
# other, and with other tests at work that takes ten times as long as one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_runtest_setup(item):
    if item.get_closest_marker("cuda"):
        import torch

        if not torch.cuda.is_available():
            pytest.skip("needs an NVIDIA GPU")


@pytest.fixture(autouse=True)
def no_own_code():
    """What a test names of its own is not there for the next."""
    yield
    for registry in registry_module._REGISTRIES.values():
        registry._own.clear()


@pytest.fixture
def record():
    """A function that makes a record of a head on a square map, with one reading."""

    def made(
        head="ema",
        side=16,
        value=1.0,
        *,
        metric="macs.counted",
        number=0,
        status="ok",
        origin=None,
        **trial,
    ):
        samples = value if isinstance(value, tuple) else (value,)
        counted = metric.startswith("macs")
        reading = Reading(
            samples=samples,
            unit="MACs" if counted else "s",
            better="lower",
            origin=origin or ("counted" if counted else "measured"),
        )
        told = Trial(head, Shape(1, 512, side, side), **trial)
        readings = {metric: reading} if status == "ok" else {}
        return Record(told, told.key, number, status, readings=readings)

    return made
