"""Efficient channel attention: the rule for its kernel, and which channels a gate sees."""

import pytest
import torch

from attnbench.errors import HeadError
from attnbench.heads.eca import ECA, adaptive_size

WIDTHS_OF_RESNET_50 = [256] * 3 + [512] * 4 + [1024] * 6 + [2048] * 3  # after each of 16 blocks


def parameters(sizes):
    heads = [ECA(c, kernel_size=k) for c, k in zip(WIDTHS_OF_RESNET_50, sizes, strict=True)]
    return sum(p.numel() for head in heads for p in head.parameters())


def test_80_parameters_of_the_paper_are_those_of_kernels_3_5_5_7():
    assert parameters([3] * 3 + [5] * 4 + [5] * 6 + [7] * 3) == 80


def test_printed_rule_gives_86_parameters():
    assert parameters([0] * 16) == 86


def test_released_kernels_are_chosen_by_the_channels_of_a_stage():
    sizes = [ECA(c, kernel_size=0, rule="released").size for c in (256, 512, 1024, 2048)]

    assert sizes == [3, 5, 5, 7]


@pytest.mark.parametrize(
    ("channels", "size"), [(16, 3), (32, 3), (128, 5), (256, 5), (512, 5), (1024, 5), (2048, 7)]
)
def test_kernel_by_the_rule_grows_with_the_logarithm_of_the_channels(channels, size):
    assert adaptive_size(channels) == ECA(channels, kernel_size=0).size == size


def test_a_gate_sees_its_own_channel_and_the_nearest_on_both_sides():
    torch.manual_seed(0)
    x = torch.randn(1, 9, 4, 3).requires_grad_()

    ECA(9, kernel_size=5)(x)[0, 3].sum().backward()

    assert x.grad[0].abs().sum(dim=(1, 2)).gt(0).tolist() == [1 <= c <= 5 for c in range(9)]


def test_an_even_kernel_has_no_middle():
    with pytest.raises(HeadError, match=r"kernel_size = 4: expected an odd number"):
        ECA(16, kernel_size=4)
