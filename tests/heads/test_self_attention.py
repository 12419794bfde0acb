"""Dense self-attention: options beyond the golden tensors, and the figure of the ISA paper."""

import pytest
import torch

from attnbench.errors import HeadError
from attnbench.heads.self_attention import SelfAttention
from attnbench.trial import Shape


def test_flops_of_figure_1_of_isa_are_those_of_values_of_half_the_width():
    head = SelfAttention(512, layers=1, value_channels=256, fusion="concat")

    macs = head.cost(Shape(1, 512, 128, 128)).macs

    assert 2 * macs / 1e9 == pytest.approx(309.24, abs=0.005)  # the paper prints 309


def test_formula_of_the_isa_paper_counts_neither_output_nor_fusion():
    head = SelfAttention(512, layers=1, output="none")

    macs = head.cost(Shape(1, 512, 128, 128)).macs

    assert 2 * macs / 1e9 == pytest.approx(429.5, abs=0.05)


def test_shared_query_and_key_are_one_transform_with_one_set_of_weights():
    head = SelfAttention(8, shared=True)
    apart = SelfAttention(8)

    assert head.key is head.query
    assert head.cost(Shape(1, 8, 3, 3)).macs == apart.cost(Shape(1, 8, 3, 3)).macs


def test_shared_query_and_key_make_a_symmetric_comparison():
    torch.manual_seed(0)
    head, seen = SelfAttention(8, shared=True).double().eval(), []
    head.affinity.register_forward_hook(lambda _layer, _args, out: seen.append(out))

    head(torch.randn(1, 8, 4, 3, dtype=torch.float64))

    # log p[i, j] = s[i, j] - norm[i], so with s[i, j] = s[j, i] only the norms are left.
    log = seen[0][0].log()
    norms = (log - log.T)[0]
    torch.testing.assert_close(log - log.T, norms[None, :] - norms[:, None])


def test_without_output_the_values_must_have_the_width_of_the_input():
    with pytest.raises(HeadError, match="needs 8 value_channels"):
        SelfAttention(8, output="none", value_channels=4)


def test_leaky_activation_lets_negative_features_through():
    torch.manual_seed(0)

    y = SelfAttention(8, slope=0.01).eval()(torch.randn(1, 8, 4, 3))

    assert (y < 0).any()
