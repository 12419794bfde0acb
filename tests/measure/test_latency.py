from dataclasses import replace

import pytest
import torch

from attnbench import measure
from attnbench.errors import UnmeasuredError
from attnbench.measure._bench import Bench
from attnbench.run import worker
from attnbench.trial import Budget, Limits, Shape, Task, Trial
from tests.measure.conftest import SHORT, TRIAL
from tests.measure.scripted import Scripted


def test_a_host_that_is_slower_than_the_device_is_told(bench_on):
    found = measure.readings("latency", bench_on(Scripted([0.001], host=0.003)))

    note = "launch-bound: the host takes 3.00 ms to issue what the device does in 1.00 ms"
    assert found["latency"].notes[-1] == note
    assert found["latency"].samples == pytest.approx((0.004,) * 3)  # one call: both in turn
    assert found["latency.device"].samples == pytest.approx((0.001,) * 3)
    assert found["latency.host"].samples == pytest.approx((0.003,))


def test_a_host_that_keeps_ahead_is_not_told(bench_on):
    found = measure.readings("latency", bench_on(Scripted([0.003], host=0.001)))

    assert not any("launch-bound" in note for note in found["latency"].notes)


@pytest.mark.parametrize("mode", ["inference", "training"])
def test_every_timed_call_is_in_the_mode_of_gradients_of_its_trial(bench_on, mode):
    device, seen = Scripted([0.001]), []

    def act():
        seen.append(torch.is_grad_enabled())
        device.step()

    measure.readings("latency", bench_on(device, replace(TRIAL, mode=mode), act=act))

    assert len(seen) > 9  # of three regimes
    assert set(seen) == {mode == "training"}
    assert torch.is_grad_enabled()


def test_every_timed_step_of_training_begins_without_gradients(bench_on):
    device, found = Scripted([0.001]), []

    def act():
        device.step()
        found.append(bench.__dict__.get("_begun") and bench.real.x.grad)

    bench = bench_on(device, replace(TRIAL, mode="training"), act=act)
    measure.readings("latency", bench)

    assert len(found) > 9
    assert set(found) == {None}
    assert bench.real.x.grad is None


def test_cold_is_after_the_size_of_the_cache_was_overwritten(bench_on):
    device = Scripted([0.001], cache_bytes=2**25)

    found = measure.readings("latency", bench_on(device))

    assert found["latency.cold"].samples == pytest.approx((0.001,) * 3)
    assert "after 32.0 MiB were overwritten" in found["latency.cold"].notes
    assert {entry for entry in device.log if entry[0] == "flush"} == {("flush", 2**25)}


def test_the_first_call_is_apart(bench_on):
    found = measure.readings("latency", bench_on(Scripted([7.0, 0.001])))

    assert found["latency.first"].samples == pytest.approx((7.0,))
    assert max(found["latency"].samples) == pytest.approx(0.001)


def test_a_long_first_call_of_a_device_does_not_calibrate(bench_on):
    budget = replace(SHORT, min_sample_seconds=0.004)

    found = measure.readings("latency", bench_on(Scripted([7.0, 0.001]), budget=budget))

    assert found["latency"].notes[0] == "4 calls a sample"


def test_what_slowed_the_device_down_is_told_with_every_regime(bench_on):
    device = Scripted([0.001], slowed=[("power cap",)])

    found = measure.readings("latency", bench_on(device))

    for reading in ("latency", "latency.device", "latency.cold"):
        assert any("power cap (x3): too many" in note for note in found[reading].notes)


def test_the_clock_of_the_samples_is_told(bench_on):
    found = measure.readings("latency", bench_on(Scripted([0.001], clock_mhz=1755)))

    assert "SM clock 1755 to 1755 MHz" in found["latency"].notes


def test_a_cpu_has_one_regime():
    found = measure.readings("latency", Bench(TRIAL, SHORT))

    assert set(found) == {"latency", "latency.first"}


def test_compiling_is_apart():
    trial = replace(TRIAL, kernel="compiled")

    found = measure.readings("latency", Bench(trial, SHORT))

    assert found["latency.compile"].samples[0] > found["latency"].samples[0]


def test_the_fused_kernel_that_ran_is_named():
    trial = Trial("non_local", Shape(1, 16, 6, 5), device="cpu", kernel="fused")

    found = measure.readings("latency", Bench(trial, SHORT))

    assert "attention by attend_in_blocks" in found["latency"].notes


def test_a_graph_is_captured_once_and_replayed(bench_on):
    device = Scripted([0.002])

    found = measure.readings("latency_graph", bench_on(device))

    assert device.log.count("captured") == 1
    assert found["latency_graph"].samples == pytest.approx((0.002,) * 3)


@pytest.mark.parametrize("mode", ["inference", "training"])
def test_a_graph_needs_a_gpu_and_a_forward_pass(mode):
    with pytest.raises(UnmeasuredError, match="CUDA graph|mode inference"):
        measure.readings("latency_graph", Bench(replace(TRIAL, mode=mode), SHORT))


def on_cuda(monkeypatch, device):
    """The record of a trial on CUDA, where the device is a scripted one."""
    monkeypatch.setattr("attnbench.measure._bench.device", lambda _name: device)
    task = Task(replace(TRIAL, device="cuda"), ("latency",), 0, Budget(), Limits())
    return worker.perform(task, "here")


def test_a_step_that_the_device_has_no_memory_for_is_not_started(monkeypatch):
    device = Scripted()
    device.free_bytes = lambda: 1000

    record = on_cuda(monkeypatch, device)

    assert record.status == "skipped"
    assert "above the 1\u202f000 B allowed" in record.message or "above the" in record.message


def test_running_out_of_memory_on_the_device_is_oom(monkeypatch):
    class Full(Scripted):
        def memory(self):
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr("attnbench.measure._bench.build", build_on_the_cpu)
    record = on_cuda(monkeypatch, Full())

    assert record.status == "oom"
    assert "Tried to allocate 2.00 GiB" in record.message


def build_on_the_cpu(trial):
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
