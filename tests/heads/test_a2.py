"""Double attention: both orders are one function, and when which is cheaper."""

import pytest
import torch

from attnbench.errors import HeadError
from attnbench.heads.a2 import A2
from attnbench.trial import Shape


def a2(**options):
    torch.manual_seed(0)
    return A2(8, **options).double()


def pixels(*size):
    return torch.randn(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def maps(head, x):
    seen = {}
    for name in ("gathering", "distribution"):
        layer = getattr(head, name)
        layer.register_forward_hook(lambda _l, _a, out, name=name: seen.update({name: out}))
    head(x)
    return seen


def test_both_orders_of_the_products_give_the_same_output():
    x = pixels(2, 8, 5, 3)

    torch.testing.assert_close(a2()(x), a2(order="pairs_first")(x))


@pytest.mark.parametrize("side", [4, 8, 12, 13, 16, 64])
def test_descriptors_first_is_cheaper_when_pixels_outnumber_the_harmonic_mean(side):
    x = Shape(1, 512, side, side)
    first, pairs = (A2(512, order=o).cost(x).macs for o in ("descriptors_first", "pairs_first"))

    # 2·N·m·n < N²·(m + n) when N > 2·m·n / (m + n), here 2·256·128 / 384 = 170.7
    assert (first < pairs) == (side * side > 170.7)


@pytest.mark.parametrize(("over", "dim"), [("descriptors", 1), ("positions", 2)])
def test_gathering_sums_to_one_over_pixels_and_distribution_over_what_it_is_told(over, dim):
    seen = maps(a2(distribution=over), pixels(2, 8, 5, 3))

    for name, axis in (("gathering", 2), ("distribution", dim)):
        total = seen[name].sum(dim=axis)
        torch.testing.assert_close(total, torch.ones_like(total))


def test_residual_adds_the_input():
    x = pixels(2, 8, 5, 3)

    torch.testing.assert_close(a2(residual=True)(x), x + a2()(x))


def test_without_reconstruct_the_features_keep_the_channels():
    assert a2(reconstruct=False)(pixels(2, 8, 5, 3)).shape == (2, 8, 5, 3)
    with pytest.raises(HeadError, match="must be 8, C"):
        A2(8, reconstruct=False, features=4)
