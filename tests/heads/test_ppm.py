"""Pyramid pooling: its maps, its options, its list of bins."""

import pytest
import torch

from attnbench.errors import HeadError
from attnbench.heads.ppm import PPM
from attnbench.trial import Shape


def ppm(**options):
    torch.manual_seed(0)
    return PPM(8, **options).double().eval()


def pixels(*size):
    return torch.randn(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_input_comes_first_then_the_maps_in_the_order_of_the_bins():
    head, x = ppm(bins="1-2", fusion="none"), pixels(2, 8, 6, 4)
    rows = [x[:, :, :3].mean(dim=2), x[:, :, 3:].mean(dim=2)]  # B, C, W each
    quarters = torch.stack(
        [torch.stack([r[..., :2].mean(2), r[..., 2:].mean(2)], dim=2) for r in rows], dim=2
    )  # B, C, 2, 2

    x_, one, four = head(x).split([8, 4, 4], dim=1)

    torch.testing.assert_close(x_, x)
    mean = x.sum(dim=(2, 3), keepdim=True) / 24
    torch.testing.assert_close(one, head.branches[0](mean).expand(-1, -1, 6, 4))
    torch.testing.assert_close(four[:, :, ::5, ::3], head.branches[1](quarters))  # the corners


def test_corners_of_a_map_are_those_of_its_bins_only_when_aligned():
    x = pixels(1, 8, 12, 12)
    aligned, not_aligned = (ppm(align_corners=a, fusion="none")(x) for a in (True, False))

    assert not torch.allclose(aligned, not_aligned)
    torch.testing.assert_close(aligned[:, :10], not_aligned[:, :10])  # input and mean do not care


def test_branches_cost_a_convolution_at_50_cells_whatever_the_map():
    x, plain = Shape(1, 2048, 128, 128), PPM(2048, fusion="none")

    assert plain.cost(x).macs == (1 + 4 + 9 + 36) * 2048 * 512


@pytest.mark.parametrize("bins", ["1,2,3", "1-0-3", "", "1--2", "1-2.5", "-1"])
def test_bins_are_whole_numbers_with_dashes_between(bins):
    with pytest.raises(HeadError, match=r"expected numbers as in '1-2-3-6'$"):
        PPM(8, bins=bins)
