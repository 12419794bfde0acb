"""Asymmetric non-local: the pyramid of means that is attended to, and the table of the paper."""

import pytest
import torch

from attnbench.heads.ann import ANN
from attnbench.heads.self_attention import SelfAttention
from attnbench.trial import Shape


def pixels(*size):
    return torch.randn(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("pools", "cells"), [("1-3-6-8", 110), ("1-2-3-6", 50), ("1", 1)])
def test_a_pixel_attends_to_as_many_cells_as_the_pools_have(pools, cells):
    head, maps = ANN(8, pools=pools).double().eval(), []
    head.affinity.register_forward_hook(lambda _layer, _args, out: maps.append(out))

    head(pixels(2, 8, 9, 7))

    assert maps[0].shape == (2, 63, cells)


def test_a_pool_as_fine_as_the_map_is_dense_self_attention():
    torch.manual_seed(0)
    head = ANN(8, pools="5").double().eval()
    how = {"shared": True, "layers": 1, "bias": "all", "output": "conv", "fusion": "concat"}
    dense = SelfAttention(8, value_channels=4, **how).double().eval()
    torch.nn.init.normal_(head.output.weight)
    dense.query[0].load_state_dict(head.query.state_dict())
    for name in ("value", "output", "fusion"):
        dense.get_submodule(name).load_state_dict(head.get_submodule(name).state_dict())
    x = pixels(2, 8, 5, 5)

    torch.testing.assert_close(head(x), dense(x))


def test_macs_of_table_1_are_those_without_fusion_and_with_query_and_key_computed_once():
    cost = ANN(2048, key_channels=256, value_channels=256).cost(Shape(1, 2048, 96, 96))

    fusion, twice = 9216 * 4096 * 2048, 9216 * 2048 * 256
    assert (cost.macs - fusion - twice) / 1e9 == pytest.approx(15.01, abs=0.005)
