import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils._python_dispatch import _get_current_dispatch_mode

from attnbench import measure
from attnbench.heads import HEADS
from attnbench.measure._bench import Bench
from attnbench.measure._meta import like_cpu
from attnbench.measure.counted import count
from attnbench.trial import Budget, Shape, Trial


class Does(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


C, N = 64, 256
Q = (1, 1, N, 32)


def counted(function, *shape):
    return count(Does(function), torch.randn(*shape))


# Expected MACs written out: rows x inner x columns of each product.
ROWS = {
    "3x3 convolution in four groups": (
        nn.Conv2d(C, C, 3, padding=1, groups=4),
        (2, C, 6, 5),
        2 * 30 * C * (C // 4) * 9,
    ),
    "transposed convolution": (nn.ConvTranspose2d(8, 4, 2, 2), (1, 8, 3, 5), 15 * 8 * 4 * 4),
    "linear layer": (nn.Linear(C, 32), (2, 7, C), 14 * C * 32),
}


@pytest.mark.parametrize("row", ROWS)
def test_multiply_adds_are_counted(row):
    function, shape, macs = ROWS[row]
    work = counted(function, *shape)

    assert work.macs == macs
    assert work.unpriced == {}


def test_a_launch_is_an_operator_that_writes_and_no_view():
    def step(x):
        y = x.flatten(1).relu().view(2, -1)
        return (y.t() @ y).softmax(dim=0)[0] + torch.empty(1)

    assert counted(step, 2, 3, 4).launches == {"relu": 1, "mm": 1, "_softmax": 1, "add": 1}


def test_fused_attention_has_the_price_of_its_parts():
    work = counted(lambda x: F.scaled_dot_product_attention(x, x, x), *Q)

    assert work.calls == {"_scaled_dot_product_flash_attention_for_cpu": 1}
    assert work.flops == 2 * 2 * N * N * 32 + (5 + 1) * N * N


@pytest.mark.parametrize(
    ("function", "each"),
    [
        (lambda x: x.softmax(dim=1), 5),
        (nn.BatchNorm2d(8).eval(), 2),
        (nn.BatchNorm2d(8, track_running_stats=False).train(), 7),
        (nn.LayerNorm([8, 6, 5]), 7),
        (nn.GroupNorm(2, 8, affine=False), 5),
        (torch.relu, 1),
        (lambda x: x + 1, 1),
        (lambda x: x.sum(dim=(2, 3)), 1),
        (lambda x: x.norm(dim=1), 2),
        (lambda x: x.permute(0, 2, 3, 1).contiguous(), 0),
        (lambda x: torch.cat([x, x], dim=1), 0),
    ],
)
def test_other_work_is_priced_by_element(function, each):
    work = counted(function, 2, 8, 6, 5)

    assert (work.macs, work.flops) == (0, each * 2 * 8 * 6 * 5)
    assert work.unpriced == {}


def test_bilinear_resizing_is_priced_by_element_written():
    work = counted(lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"), 1, 3, 4, 5)

    assert work.flops == 8 * 3 * 8 * 10


def test_in_place_work_costs_the_same():
    assert counted(lambda x: x.clone().add_(1), 3, 4).flops == 12


def test_an_operator_without_a_price_is_named():
    work = counted(lambda x: x.cumsum(dim=0), 4, 4)

    assert set(work.unpriced) == {"cumsum"}


def test_a_map_that_no_machine_could_hold_is_counted_without_memory():
    side = 4096  # the map of pairs would take 1 PiB
    with like_cpu():
        x = torch.empty(1, 64, side * side)
        work = count(Does(lambda x: x.transpose(1, 2) @ x), x)

    assert work.macs == side**4 * 64


def test_hooks_and_gradients_do_not_change_the_count():
    module, seen = nn.Conv2d(4, 8, 1), []
    module.register_forward_hook(lambda _layer, _args, out: seen.append(out))
    module.register_full_backward_hook(lambda _layer, _in, out: seen.append(out))

    work = count(module, torch.randn(1, 4, 6, 5).requires_grad_())

    assert (work.macs, work.calls) == (4 * 8 * 30, {"convolution": 1})
    assert len(seen) == 1


TRIAL = Trial("fcn", Shape(1, 16, 6, 5), device="cpu")
QUICK = Budget(min_samples=3, max_seconds=0, min_sample_seconds=0, warmup_seconds=0)


@pytest.fixture
def fcn_is(monkeypatch):
    """Puts another module in the place of a head."""
    return lambda module: monkeypatch.setitem(HEADS._entries, "fcn", module)


def same_shape(function):
    """A head that does `function` to its map, and returns another of the same shape."""

    class Head(nn.Module):
        def __init__(self, _channels):
            super().__init__()

        def forward(self, x):
            function(x)
            return x + 0

    return Head


def noted():
    readings = measure.readings("counted", Bench(TRIAL))
    return {name: reading.notes for name, reading in readings.items()}


def test_every_operator_without_a_price_is_noted_with_its_calls(fcn_is):
    def invert(x):
        squares = x @ x.mT
        for _ in range(2):
            torch.linalg.svd(squares)
        torch.linalg.inv(squares)
        torch.linalg.solve(squares, x)

    fcn_is(same_shape(invert))
    notes = (
        "no price for _linalg_solve_ex (x1)",
        "no price for _linalg_svd (x2)",
        "no price for linalg_inv_ex (x1)",
    )

    assert noted() == {"macs.counted": notes, "flops.counted": notes, "launches.counted": ()}


def test_useful_work_is_noted_where_there_is_a_mask(fcn_is):
    def attend(x):  # 16 heads of 6 x 5
        F.scaled_dot_product_attention(x, x, x, is_causal=True)
        F.scaled_dot_product_attention(x, x, x, torch.ones(6, 6, dtype=torch.bool))

    fcn_is(same_shape(attend))
    useful = 16 * (6 * 7 // 2) * 2 * 5 + 16 * 6 * 6 * 2 * 5

    assert noted()["macs.counted"] == (
        f"a causal mask leaves {useful:,} useful MACs",
        "attention masks not read (x1): all pairs count as useful",
    )


def test_nothing_is_noted_where_there_is_nothing_to_say():
    assert noted() == {"macs.counted": (), "flops.counted": (), "launches.counted": ()}


def test_the_module_that_is_timed_was_never_counted(fcn_is):
    ran = []  # module, and whether a dispatcher's mode saw it

    class Told(nn.Conv2d):
        def __init__(self, channels):
            super().__init__(channels, channels, 1)

        def forward(self, x):
            ran.append((self, _get_current_dispatch_mode() is not None))
            return super().forward(x)

    fcn_is(Told)
    bench = Bench(TRIAL, QUICK)
    for metric in ("counted", "fvcore", "memory_predicted", "memory"):
        measure.readings(metric, bench)
    counted_modules = {module for module, _ in ran}
    ran.clear()

    measure.readings("latency", bench)

    assert {module for module, _ in ran} == {bench.real.module}
    assert bench.real.module not in counted_modules
    assert not any(watched for _, watched in ran)
