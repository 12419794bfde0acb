import pytest
import torch
from torch import nn
from torch.nn import functional as F

from attnbench.measure._bench import fake_tensors
from attnbench.measure.counted import count


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
    "1x1 convolution with bias": (nn.Conv2d(C, C, 1), (1, C, 16, 16), C * C * N),
    "3x3 convolution in four groups": (
        nn.Conv2d(C, C, 3, padding=1, groups=4),
        (2, C, 6, 5),
        2 * 30 * C * (C // 4) * 9,
    ),
    "transposed convolution": (nn.ConvTranspose2d(8, 4, 2, 2), (1, 8, 3, 5), 15 * 8 * 4 * 4),
    "product by @": (lambda x: x.transpose(1, 2) @ x, (1, C, N), N * C * N),
    "product by einsum": (lambda x: torch.einsum("bcn,bcm->bnm", x, x), (1, C, N), N * C * N),
    "only the right side batched": (lambda x: torch.ones(32, C) @ x, (8, C, N), 8 * 32 * C * N),
    "linear layer": (nn.Linear(C, 32), (2, 7, C), 14 * C * 32),
    "matrix times vector": (lambda x: x @ torch.ones(C), (N, C), N * C),
    "fused attention": (lambda x: F.scaled_dot_product_attention(x, x, x), Q, 2 * N * N * 32),
}


@pytest.mark.parametrize("row", ROWS)
def test_multiply_adds_are_counted(row):
    function, shape, macs = ROWS[row]
    work = counted(function, *shape)

    assert work.macs == macs
    assert work.unpriced == {}


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
    with fake_tensors():
        x = torch.empty(1, 64, side * side)
        work = count(Does(lambda x: x.transpose(1, 2) @ x), x)

    assert work.macs == side**4 * 64
