"""Squeeze and excitation: the gate and its variants, against their formulas."""

import pytest
import torch

from attnbench.heads.se import SE


def se(**options):
    torch.manual_seed(0)
    return SE(8, reduction=2, **options).double()


def pixels(*size):
    return torch.randn(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def gated(x, logits):
    return x / (1 + torch.exp(-logits))[:, :, None, None]


def test_without_parameters_the_gate_is_the_sigmoid_of_the_mean():
    x = pixels(2, 8, 5, 3)

    torch.testing.assert_close(se(variant="var1")(x), gated(x, x.sum(dim=(2, 3)) / 15))


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("variant", ["var2", "var3"])
def test_one_layer_is_a_diagonal_or_a_full_matrix(variant, bias):
    head, x = se(variant=variant, bias=bias), pixels(2, 8, 5, 3)
    weight, layer = head.gate[0].weight[:, :, 0, 0], head.gate[0]
    matrix = weight if variant == "var3" else torch.diag(weight[:, 0])  # C, C

    logits = x.mean(dim=(2, 3)) @ matrix.T + (layer.bias if bias else 0)

    torch.testing.assert_close(head(x), gated(x, logits))


@pytest.mark.parametrize(
    ("variant", "weights"),
    [("var1", 0), ("var2", 512), ("var3", 512**2), ("bottleneck", 512**2 / 8)],
)
def test_variants_of_the_eca_paper_have_its_numbers_of_parameters(variant, weights):
    assert sum(p.numel() for p in SE(512, variant=variant).parameters()) == weights
