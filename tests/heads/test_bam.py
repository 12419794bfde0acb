"""BAM: how its branches combine, and how far the spatial one sees."""

import pytest
import torch

from attnbench.heads.bam import BAM


def bam(**options):
    torch.manual_seed(0)
    return BAM(8, reduction=2, **options).double().eval()


def pixels(*size):
    return torch.randn(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("combination", "together"), [("product", torch.mul), ("sum", torch.add)])
def test_branches_are_combined_before_the_sigmoid_and_the_input_is_kept(combination, together):
    head, x = bam(combination=combination), pixels(2, 8, 5, 3)
    mean = x.sum(dim=(2, 3), keepdim=True) / 15

    gate = torch.sigmoid(together(head.channel(mean), head.spatial(x)))

    torch.testing.assert_close(head(x), x + x * gate)


def test_two_dilated_convolutions_see_twice_the_dilation_to_each_side():
    x = pixels(1, 8, 1, 41).requires_grad_()

    bam(dilation=3).spatial(x)[0, 0, 0, 20].backward()

    reached = x.grad.abs().sum(dim=(0, 1, 2)) > 0
    assert reached.nonzero().flatten().tolist() == [14, 17, 20, 23, 26]
