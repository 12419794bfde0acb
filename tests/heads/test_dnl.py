"""Disentangled non-local: what whitening changes, and what it does not."""

import pytest
import torch

from attnbench.errors import HeadError
from attnbench.heads.dnl import DNL


def dnl(**options):
    torch.manual_seed(0)
    head = DNL(8, **options).double()
    if head.gamma is not None:
        torch.nn.init.constant_(head.gamma, 0.5)
    return head


def pixels(*size):
    return torch.randn(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def affinity(head, x):
    maps = []
    head.affinity.register_forward_hook(lambda _layer, _args, out: maps.append(out))
    head(x)
    return maps[0]


def test_a_fresh_block_adds_its_unary_term_alone():
    torch.manual_seed(0)
    both, unary, x = DNL(8), DNL(8, terms="unary"), torch.randn(2, 8, 5, 3)
    unary.load_state_dict(both.state_dict(), strict=False)

    torch.testing.assert_close(both(x), unary(x))


def test_subtracting_the_mean_of_the_keys_changes_no_map():
    head, x = dnl(temperature=1.0), pixels(2, 8, 5, 3)
    query, key = head.query(x).flatten(2), head.key(x).flatten(2)
    query = query - query.mean(dim=2, keepdim=True)
    logits = torch.einsum("bkn,bkm->bnm", query, key) / 4**0.5

    torch.testing.assert_close(affinity(head, x), logits.softmax(dim=2))


def test_the_coupled_map_is_the_whitened_one_times_the_unary_one():
    whitened, coupled = dnl(temperature=1.0), dnl(temperature=1.0, terms="coupled")
    coupled.load_state_dict(whitened.state_dict(), strict=False)
    x = pixels(2, 8, 5, 3)
    mean, key = coupled.query(x).mean(dim=(2, 3)), coupled.key(x).flatten(2)
    unary = (torch.einsum("bk,bkm->bm", mean, key) / 4**0.5).exp()

    product = affinity(whitened, x) * unary[:, None]

    expected = product / product.sum(dim=2, keepdim=True)
    torch.testing.assert_close(affinity(coupled, x), expected)


def test_the_terms_of_one_block_add_up():
    both, x = dnl(), pixels(2, 8, 5, 3)
    pairwise, unary = dnl(terms="pairwise"), dnl(terms="unary")
    pairwise.load_state_dict(both.state_dict(), strict=False)
    unary.load_state_dict(both.state_dict(), strict=False)

    torch.testing.assert_close(both(x) + x, pairwise(x) + unary(x))


def test_biases_of_query_and_key_do_not_learn():
    head = dnl()

    head(pixels(2, 8, 5, 3)).square().sum().backward()

    assert head.query.weight.grad.abs().max() > 1
    assert head.query.bias.grad.abs().max() < 1e-10
    assert head.key.bias.grad.abs().max() < 1e-10


def test_narrower_values_need_an_output():
    with pytest.raises(HeadError, match="value_reduction = 2 needs an output"):
        DNL(8, value_reduction=2)


def test_the_unary_term_alone_has_no_fused_kernel():
    with pytest.raises(HeadError, match="no map over pairs"):
        DNL(8, terms="unary", kernel="fused")
