"""CBAM: its two gates, each alone and one after the other."""

import pytest
import torch
from torch.nn import functional as F

from attnbench.errors import HeadError
from attnbench.heads.cbam import CBAM


def cbam(**options):
    torch.manual_seed(0)
    return CBAM(8, reduction=2, **options).double().eval()


def pixels(*size):
    return torch.randn(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_channel_gate_is_of_the_mean_and_the_maximum_through_the_same_layers():
    head, x = cbam(spatial=False), pixels(2, 8, 5, 3)
    mean = F.avg_pool2d(x, (5, 3))
    peak = F.max_pool2d(x, (5, 3))

    gate = torch.sigmoid(head.channel(mean) + head.channel(peak))

    torch.testing.assert_close(head(x), x * gate)


def test_spatial_gate_is_of_the_maximum_and_the_mean_of_the_channels():
    head, x = cbam(channel=False), pixels(2, 8, 5, 3)
    pooled = torch.stack([x.amax(dim=1), x.sum(dim=1) / 8], dim=1)  # B, 2, H, W

    torch.testing.assert_close(head(x), x * torch.sigmoid(head.spatial(pooled)))


def test_spatial_gate_comes_after_the_channel_gate():
    head, first, second = cbam(), cbam(spatial=False), cbam(channel=False)
    first.load_state_dict(head.state_dict(), strict=False)
    second.load_state_dict(head.state_dict(), strict=False)
    x = pixels(2, 8, 5, 3)

    torch.testing.assert_close(head(x), second(first(x)))


def test_without_biases_the_channel_gate_has_those_of_its_two_layers_less():
    with_them, without = (
        sum(p.numel() for p in CBAM(512, bias=bias).parameters()) for bias in (True, False)
    )

    assert with_them - without == 512 // 16 + 512


def test_a_block_without_gates_is_refused():
    with pytest.raises(HeadError, match="expected one gate at least"):
        CBAM(8, channel=False, spatial=False)


def test_an_even_kernel_has_no_middle():
    with pytest.raises(HeadError, match=r"kernel_size = 4: expected an odd number"):
        CBAM(8, kernel_size=4)
