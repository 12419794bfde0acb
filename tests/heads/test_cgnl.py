"""Compact generalised non-local: one number a group, of which the norm leaves the sign."""

import pytest
import torch

from attnbench.errors import HeadError
from attnbench.heads.cgnl import CGNL, GAMMA


def cgnl(**options):
    torch.manual_seed(0)
    return CGNL(16, groups=4, **options).double()


def pixels(*size):
    return torch.randn(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def norm_input(head, x):
    seen = []
    head.norm.register_forward_hook(lambda _layer, args, _out: seen.append(args[0]))
    head(x)
    return seen[0]


def scaled(head, factor):
    with torch.no_grad():
        head.g.weight.mul_(factor)
    return head


def test_the_norm_takes_away_the_number_of_a_group_but_its_sign():
    x, loud = pixels(2, 16, 5, 3), 1e3  # loud enough for the eps to drop out
    head = scaled(cgnl(), loud)
    added = head(x) - x

    torch.testing.assert_close(scaled(head, 7)(x) - x, added, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(scaled(head, -1)(x) - x, -added, rtol=1e-4, atol=1e-4)


def test_a_group_is_its_transformed_features_times_one_number():
    head, x = cgnl(), pixels(2, 16, 5, 3)
    theta, phi, g = (f(x).unflatten(1, (4, 2)) for f in (head.theta, head.phi, head.g))
    number = (phi * g).sum(dim=(2, 3, 4), keepdim=True)  # B, G, 1, 1, 1

    expected = head.output((number * theta).flatten(1, 2))

    torch.testing.assert_close(norm_input(head, x), expected)


def test_scale_divides_by_the_root_of_the_numbers_in_a_group():
    x = pixels(2, 16, 5, 3)

    torch.testing.assert_close(
        norm_input(cgnl(scale=True), x) * (2 * 15) ** 0.5, norm_input(cgnl(), x)
    )


def test_the_expansion_tends_to_the_gaussian_kernel_between_all_pairs():
    head, x = cgnl(taylor_order=3), 10 * pixels(1, 16, 3, 2)
    theta, phi, g = (f(x).view(4, 12) for f in (head.theta, head.phi, head.g))  # G, L
    kernel = torch.exp(2 * GAMMA * theta[:, :, None] * phi[:, None, :] - 2 * GAMMA)  # G, L, L

    expected = head.output(torch.einsum("gij,gj->gi", kernel, g).view(1, 8, 3, 2))

    torch.testing.assert_close(norm_input(head, x), expected, rtol=1e-6, atol=1e-6)


def test_groups_must_divide_both_widths():
    with pytest.raises(HeadError, match="must divide C = 24 and C/2 = 12"):
        CGNL(24, groups=8)
