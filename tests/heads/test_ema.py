"""EM attention: options beyond the golden tensors, and what the paper says of it."""

import pytest
import torch
from torch.nn import functional as F

from attnbench.heads.ema import EMA
from attnbench.heads.fcn import FCN
from attnbench.trial import Shape


def ema(**options):
    torch.manual_seed(0)
    return EMA(6, bases=4, **options).double()


def pixels(*size):
    return torch.randn(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def bases_of_one_image(x, **options):
    """Bases after the EM steps on one image: what a moving average without memory stores."""
    head = ema(momentum=0.0, **options).train()
    head.reconstruction(x)
    return head.bases[0]  # C, K


def test_unit_costs_a_third_of_a_convolution_at_512_channels():
    x = Shape(1, 512, 64, 64)

    assert EMA(512).cost(x).macs / FCN(512).cost(x).macs == pytest.approx(0.319, abs=5e-4)


def test_letting_the_gradient_through_changes_no_output():
    x = pixels(2, 6, 5, 3)

    assert torch.equal(ema()(x), ema(gradient="through")(x))


@pytest.mark.parametrize("variant", ["official", "mmseg"])
@pytest.mark.parametrize("norm", ["l2", "layer", "none"])
def test_gradient_through_em_is_the_derivative_of_the_output(norm, variant):
    head = ema(gradient="through", norm=norm, variant=variant, iterations=2).eval()
    x = pixels(1, 6, 5).requires_grad_()

    assert torch.autograd.gradcheck(head.reconstruction, x)


def test_gradient_through_em_survives_the_move_of_the_bases():
    head = ema(gradient="through").train()

    head(pixels(2, 6, 5, 3)).sum().backward()

    assert head.input.weight.grad.any()


@pytest.mark.parametrize("gradient", ["identity", "through"])
def test_bases_learn_by_gradient_when_told_so(gradient):
    head = ema(update="gradient", gradient=gradient).train()

    head(pixels(2, 6, 5, 3)).sum().backward()

    assert head.bases.grad.any()


@pytest.mark.parametrize(("update", "moves"), [("moving_average", True), ("none", False)])
def test_only_the_moving_average_moves_the_bases_in_training(update, moves):
    head = ema(update=update).train()
    before = head.bases.clone()

    head(pixels(2, 6, 5, 3))

    assert torch.equal(head.bases, before) is not moves


def test_large_inverse_temperature_is_a_step_of_k_means():
    x, start = pixels(1, 6, 50), ema().bases[0]
    nearest = (x[0].T @ start).argmax(dim=1)
    means = torch.stack([x[0, :, nearest == k].mean(dim=1) for k in range(4)], dim=1)  # C, K

    ours = bases_of_one_image(x, iterations=1, inverse_temperature=1e6, norm="none")

    torch.testing.assert_close(ours, means, rtol=1e-5, atol=1e-5)


def test_l2_norm_gives_bases_of_length_one():
    length = bases_of_one_image(pixels(1, 6, 50)).norm(dim=0)

    torch.testing.assert_close(length, torch.ones_like(length), rtol=1e-5, atol=0)


def test_layer_norm_gives_bases_of_mean_zero_and_variance_one():
    bases = bases_of_one_image(pixels(1, 6, 50), norm="layer")

    torch.testing.assert_close(bases, F.layer_norm(bases.T, (6,), eps=0).T, rtol=1e-2, atol=0)


def test_reconstruction_has_at_most_the_rank_of_the_bases():
    rebuilt = ema().reconstruction(pixels(1, 6, 50))

    assert torch.linalg.matrix_rank(rebuilt[0]) == 4
