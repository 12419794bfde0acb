"""Global context block: pooling and fusion, against their formulas."""

import pytest
import torch

from attnbench.heads.gc import GC


def gc(**options):
    torch.manual_seed(0)
    head = GC(8, **options).double()
    for parameter in head.parameters():
        torch.nn.init.normal_(parameter)
    return head


def pixels(*size):
    return torch.randn(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_a_fresh_block_is_the_identity():
    x = torch.randn(2, 8, 5, 3)

    assert torch.equal(GC(8)(x), x)


def test_every_pixel_gets_the_same_context():
    x = pixels(2, 8, 5, 3)

    added = gc()(x) - x

    torch.testing.assert_close(added, added[:, :, :1, :1].expand_as(added))


def test_average_pooling_with_both_fusions_multiplies_before_it_adds():
    head, x = gc(pool="average", fusion="both"), pixels(2, 8, 5, 3)
    mean = x.sum(dim=(2, 3), keepdim=True) / 15
    gate = 1 / (1 + torch.exp(-head.transforms["multiply"](mean)))

    torch.testing.assert_close(head(x), x * gate + head.transforms["add"](mean))


def test_simplified_non_local_block_adds_one_product_with_the_context():
    head, x = gc(transform="single"), pixels(2, 8, 5, 3)
    weights = head.mask(x).flatten(2).softmax(dim=2)  # B, 1, N
    context = (x.flatten(2) * weights).sum(dim=2)  # B, C
    layer = head.transforms["add"]

    added = context @ layer.weight[:, :, 0, 0].T + layer.bias

    torch.testing.assert_close(head(x), x + added[:, :, None, None])


def test_simplified_non_local_block_adds_the_parameters_of_table_2_to_mask_r_cnn():
    head = GC(1024, transform="single")

    assert 44.4 + sum(p.numel() for p in head.parameters()) / 1e6 == pytest.approx(45.4, abs=0.06)
