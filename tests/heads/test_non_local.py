"""Non-local block: pairwise functions and sub-sampling, against the paper's equations."""

import pytest
import torch
from torch.nn import functional as F

from attnbench.errors import HeadError
from attnbench.heads.non_local import NonLocal


def non_local(**options):
    torch.manual_seed(0)
    head = NonLocal(6, **options).double().eval()
    torch.nn.init.normal_(head.norm.weight)
    return head


def pixels(*size):
    return torch.randn(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def with_affinity(head, x, affinity, value):
    """Eq. 6 with the affinity (B, N, M) and the values (B, K, M) given."""
    y = torch.einsum("bnm,bkm->bkn", affinity, value).unflatten(2, x.shape[2:])
    return x + head.norm(head.output(y))


def test_a_fresh_block_is_the_identity():
    x = torch.randn(2, 6, 5, 3)

    assert torch.equal(NonLocal(6)(x), x)


def test_gaussian_compares_the_features_themselves():
    head, x = non_local(pairwise="gaussian"), pixels(2, 6, 5, 3)
    affinity = torch.einsum("bcn,bcm->bnm", x.flatten(2), x.flatten(2)).softmax(dim=2)

    expected = with_affinity(head, x, affinity, head.value(x).flatten(2))

    torch.testing.assert_close(head(x), expected)


def test_dot_product_is_divided_by_the_number_of_keys():
    head, x = non_local(pairwise="dot_product"), pixels(2, 6, 5, 3)
    query, key, value = (f(x).flatten(2) for f in (head.query, head.key, head.value))

    expected = with_affinity(head, x, torch.einsum("bkn,bkm->bnm", query, key) / 15, value)

    torch.testing.assert_close(head(x), expected)


def test_concatenation_is_that_of_equation_5():
    head, x = non_local(pairwise="concatenation"), pixels(2, 6, 5, 3)
    query, key, value = (f(x).flatten(2) for f in (head.query, head.key, head.value))
    both = torch.cat(
        [query[..., None].expand(-1, -1, 15, 15), key[..., None, :].expand(-1, -1, 15, 15)], dim=1
    )  # B, 2K, N, M

    affinity = F.relu(head.pair(both))[:, 0] / 15

    torch.testing.assert_close(head(x), with_affinity(head, x, affinity, value))


def test_sub_sampling_before_takes_keys_and_values_from_the_pooled_map():
    head, x = non_local(sub_sample="before"), pixels(2, 6, 5, 3)
    query, small = head.query(x).flatten(2), F.max_pool2d(x, 2)  # 2 x 1 of 5 x 3
    key, value = head.key(small).flatten(2), head.value(small).flatten(2)
    affinity = (torch.einsum("bkn,bkm->bnm", query, key) / 3**0.5).softmax(dim=2)

    torch.testing.assert_close(head(x), with_affinity(head, x, affinity, value))


@pytest.mark.parametrize("pairwise", ["dot_product", "concatenation"])
def test_a_fused_kernel_needs_a_softmax(pairwise):
    with pytest.raises(HeadError, match="has no softmax"):
        NonLocal(6, pairwise=pairwise, kernel="fused")


def test_sub_sampling_needs_two_rows_and_columns():
    with pytest.raises(HeadError, match=r"above 1, got H=1, W=5$"):
        non_local(sub_sample="after")(pixels(2, 6, 1, 5))
