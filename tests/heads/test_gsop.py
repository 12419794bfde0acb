"""Second-order pooling: the matrices of both branches, and what centring costs."""

import pytest
import torch
from torch.nn import functional as F

from attnbench.heads.gsop import GSoP
from attnbench.trial import Shape


def gsop(**options):
    torch.manual_seed(0)
    return GSoP(16, width=6, **options).double().eval()


def pixels(*size):
    return torch.randn(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def covariances(y):
    """(B, R, M) -> (B, R, R), without Bessel's correction."""
    return torch.stack([torch.cov(image, correction=0) for image in y])


def test_channel_branch_takes_the_covariance_of_the_channels_over_the_pixels():
    y = pixels(2, 6, 35)

    torch.testing.assert_close(gsop().second_order(y), covariances(y))


def test_position_branch_takes_a_covariance_over_the_channels_only_when_told_so():
    y = pixels(2, 64, 6)  # 64 cells, d samples of each
    released, true = (
        gsop(branch="position", constants=c).second_order(y) for c in ("released", "covariance")
    )
    sums = y.sum(dim=2, keepdim=True)

    torch.testing.assert_close(true, covariances(y))
    torch.testing.assert_close(released, y @ y.mT / 64 - sums @ sums.mT / 64**2)


@pytest.mark.parametrize("branch", ["channel", "position"])
@pytest.mark.parametrize("constants", ["released", "covariance"])
def test_centring_by_a_matrix_is_the_same_function(branch, constants):
    x, options = pixels(2, 16, 7, 5), {"branch": branch, "constants": constants}

    torch.testing.assert_close(
        gsop(centring="matrix", **options)(x), gsop(centring="subtract", **options)(x)
    )


def test_centring_by_a_matrix_is_quadratic_in_the_pixels():
    x = Shape(1, 512, 64, 64)

    more = GSoP(512, centring="matrix").cost(x).macs - GSoP(512).cost(x).macs

    assert more == 128 * (64 * 64) ** 2


def test_position_gate_repeats_each_of_its_cells_on_a_map_of_16_by_24():
    head, x = gsop(branch="position"), pixels(1, 16, 16, 24).abs()
    cells = []
    head.gate.register_forward_hook(lambda _layer, _args, gate: cells.append(gate))

    ratio = head(x) / x

    gate = cells[0].view(1, 1, 8, 8)
    expected = gate.repeat_interleave(2, dim=2).repeat_interleave(3, dim=3)
    torch.testing.assert_close(ratio, F.relu(expected).expand_as(ratio))
