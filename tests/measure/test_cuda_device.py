"""The device interface on a real GPU: what the scripted device stands for."""

from dataclasses import replace

import pytest
import torch

from attnbench import measure
from attnbench.measure._bench import Bench
from attnbench.measure._ceilings import ceilings
from attnbench.measure._device import device
from attnbench.measure._numerics import apply, rounding
from attnbench.trial import Budget, Settings, Shape, Trial

pytestmark = pytest.mark.cuda
TRIAL = Trial("non_local", Shape(1, 64, 32, 32), device="cuda")
SHORT = Budget(min_samples=3, max_seconds=0.05, warmup_seconds=0.05)


@pytest.fixture(autouse=True)
def settings():
    apply(Settings())


@pytest.fixture
def gpu():
    return device("cuda")


def test_marks_bound_what_was_held(gpu):
    begin = gpu.mark()
    gpu.hold(0.01)
    end = gpu.mark()
    gpu.synchronize()

    # The clock may be below its maximum, by which the wait is counted: then it takes longer.
    assert 0.009 <= gpu.between(begin, end) < 0.2


def test_the_flush_is_of_the_size_of_the_cache(gpu):
    assert gpu.cache_bytes == torch.cuda.get_device_properties(0).L2_cache_size > 0

    gpu.flush()

    assert gpu._over_the_cache.nbytes == gpu.cache_bytes


def test_the_state_has_a_clock(gpu):
    assert gpu.state().clock_mhz > 0


def test_the_counter_of_energy_grows(gpu):
    before = gpu.joules()
    gpu.sleep(0.5)

    assert gpu.joules() > before


def test_forgetting_gives_back_what_libraries_keep(gpu):
    x = torch.randn(256, 256, device="cuda")
    gpu.forget()
    before = gpu.memory().allocated
    y = x @ x
    kept = gpu.memory().allocated - before - y.nbytes
    gpu.forget()

    assert gpu.memory().allocated == before + y.nbytes
    assert kept >= 0


def test_every_regime_is_timed():
    found = measure.readings("latency", Bench(TRIAL, SHORT))

    regimes = {"latency", "latency.device", "latency.cold", "latency.host", "latency.first"}
    assert set(found) == regimes
    assert all(s > 0 for reading in found.values() for s in reading.samples)


@pytest.mark.parametrize("kernel", ["eager", "fused"])
def test_memory_is_what_was_predicted_but_for_workspace_and_rounding(kernel):
    trial = Trial("non_local", Shape(1, 512, 64, 64), device="cuda", kernel=kernel)
    predicted = measure.readings("memory_predicted", Bench(replace(trial, device="meta")))
    found = measure.readings("memory", Bench(trial, SHORT))

    want, got = predicted["memory_predicted"].samples[0], found["memory"].samples[0]
    assert want * 0.5 < got < want + 2**27  # a fused kernel of the GPU keeps a little else
    assert found["memory.reserved"].samples[0] >= got


def test_a_graph_is_replayed():
    found = measure.readings("latency_graph", Bench(TRIAL, SHORT))

    assert all(s > 0 for s in found["latency_graph"].samples)


def test_energy_is_above_what_is_drawn_when_idle():
    trial = replace(TRIAL, shape=Shape(4, 512, 96, 96))

    found = measure.readings("energy", Bench(trial, SHORT))

    assert found["energy"].samples[0] > found["energy.net"].samples[0] > 0


def test_tf32_rounds_and_float32_does_not():
    torch.manual_seed(0)
    a, b = (torch.randn(512, 512, device="cuda") for _ in range(2))
    exact = a.double() @ b.double()
    with rounding(replace(TRIAL, dtype="float32")):
        single = (a @ b - exact).abs().max()
    with rounding(replace(TRIAL, dtype="tf32")):
        rounded = (a @ b - exact).abs().max()

    assert rounded > 10 * single


def test_a_matrix_product_is_above_no_ceiling(gpu):
    top = ceilings(gpu, replace(TRIAL, dtype="bfloat16"))

    assert top.flops_a_second > 1e12
    assert top.bytes_a_second > 1e11


def test_the_backend_of_fused_attention_is_the_one_asked_for():
    apply(Settings(sdpa="math"))
    trial = Trial("non_local", Shape(1, 64, 16, 16), device="cuda", kernel="fused")

    found = measure.readings("latency", Bench(trial, SHORT))

    assert "attention by no fused kernel" in found["latency"].notes
