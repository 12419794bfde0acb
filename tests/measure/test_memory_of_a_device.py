"""Memory by the allocator of a device, which is a scripted one here."""

from dataclasses import replace

from attnbench import measure
from tests.measure.conftest import TRIAL
from tests.measure.scripted import Scripted

WEIGHTS, WORKSPACE, SEARCH, TEMPORARY = 5000, 8000, 3000, 700


def on(bench_on, trial=TRIAL):
    """A head whose first call keeps a workspace and tries kernels; every call needs a temporary."""
    device = Scripted()
    device.allocate("weights", WEIGHTS)

    def act():
        if "workspace" not in device.blocks:
            device.allocate("workspace", WORKSPACE)
            device.allocate("search", SEARCH)
            device.free("search")
        device.allocate("temporary", TEMPORARY)
        device.free("temporary")

    found = measure.readings("memory", bench_on(device, trial=trial, act=act))
    return {name: reading.samples[0] for name, reading in found.items()}


def test_the_peak_is_of_a_steady_step_and_above_what_was_there(bench_on):
    assert on(bench_on)["memory"] == TEMPORARY


def test_the_first_step_is_apart(bench_on):
    assert on(bench_on)["memory.first"] == WORKSPACE + SEARCH


def test_what_libraries_keep_is_apart(bench_on):
    assert on(bench_on)["memory.workspace"] == WORKSPACE


def test_what_the_allocator_took_from_the_device_is_of_everything(bench_on):
    assert on(bench_on)["memory.reserved"] == WEIGHTS + WORKSPACE + SEARCH


def test_training_has_three_peaks(bench_on):
    found = on(bench_on, replace(TRIAL, mode="training"))

    assert [found[f"memory{part}"] for part in ("", ".forward", ".no_grad")] == [TEMPORARY] * 3
