"""Identities of the papers: what each gives on a head as it is."""

import math

import pytest
import torch

from attnbench import measure
from attnbench.errors import UnmeasuredError
from attnbench.measure._bench import Bench
from attnbench.measure._identities import ema, ema_likelihood
from attnbench.trial import Shape, Trial

ROUNDING = 100  # epsilons; the largest of 100 seeds was 14
EQUAL = [
    ("dnl", {}, "dnl_split"),
    ("dnl", {"terms": "coupled"}, "dnl_split"),
    ("dnl", {}, "dnl_key_mean"),
    ("ema", {}, "ema_kmeans"),
    ("ema", {"variant": "mmseg", "norm": "none"}, "ema_kmeans"),
    ("ema", {"bases": 5, "inverse_temperature": 20.0}, "ema_fall"),
    ("ema", {"bases": 5, "inverse_temperature": 20.0}, "ema_fall_proper"),
    ("a2", {}, "a2_orders"),
    ("a2", {}, "a2_is_em"),
    ("a2", {"reconstruct": False, "descriptors": 3, "residual": True}, "a2_is_em"),
    ("isa", {"window": 2, "window_width": 4}, "isa_product_rows"),
    ("isa", {"window": 2, "window_width": 4}, "isa_factors"),
    ("isa", {"window": 2, "order": "short_long"}, "isa_factors"),
    ("isa", {"window": 4}, "isa_padded"),
    *(
        (head, {}, "fused")
        for head in ("non_local", "self_attention", "dnl", "isa", "danet", "psa")
    ),
    ("non_local", {"sub_sample": "after"}, "fused"),
]


def bench(head, size=(6, 8), dtype="float64", seed=0, part="attention", **options):
    shape = Shape(2, 16, *size)
    return Bench(Trial(head, shape, options, part, dtype, "cpu"), seed=seed)


def identities(head, **what):
    found = measure.readings("identities", bench(head, **what))
    return {name.removeprefix("identity."): reading.samples[0] for name, reading in found.items()}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("head", "options", "name"), EQUAL)
def test_two_forms_are_equal_to_rounding(head, options, name, dtype):
    assert identities(head, dtype=dtype, **options)[name] < ROUNDING


def test_two_interlaced_steps_reach_all_and_one_leaves_out_what_arithmetic_says():
    n, p, q = 6 * 8, 2 * 4, 3 * 2

    found = identities("isa", window=2, window_width=4)

    assert found["isa_unreached"] == 0
    assert found["isa_unreached_long"] == n * (n - q)
    assert found["isa_unreached_short"] == n * (n - p)
    assert found["isa_product_zeros"] == 0


def test_interlaced_steps_reach_all_through_padding_too():
    assert identities("isa", size=(5, 7), window=4)["isa_unreached"] == 0


def test_two_criss_cross_passes_reach_all_and_one_a_row_and_a_column():
    n, cross = 5 * 7, 5 + 7 - 1

    found = identities("ccnet", size=(5, 7))

    assert found["ccnet_unreached"] == 0
    assert found["ccnet_unreached_once"] == n * (n - cross)
    assert found["ccnet_reached_once"] == cross


def test_a_map_rebuilt_from_five_bases_has_rank_five():
    assert identities("ema", bases=5, inverse_temperature=20.0)["ema_rank"] == 5


def test_rank_says_nothing_with_as_many_bases_as_channels():
    assert "ema_rank" not in identities("ema", bases=16)


@pytest.mark.parametrize("seed", range(3))
def test_without_its_normalisation_em_attention_lowers_the_likelihood(seed):
    options = {"bases": 5, "inverse_temperature": 20.0, "seed": seed, "size": (12, 12)}

    assert identities("ema", **options)["ema_fall_unnormalised"] > 1e9 > ROUNDING


def test_double_attention_that_only_shares_its_logits_is_not_em():
    assert identities("a2")["a2_is_em_by_sharing"] > 1e12


def test_zeros_of_the_padding_are_attended_to():
    assert identities("isa")["isa_padding_ignored"] > 1e10


def test_a_fall_is_told_against_the_largest_value():
    assert ema_likelihood.largest_fall([-8.0, -3.0, -5.0, -4.0], eps=0.5) == 2 / 8 / 0.5
    assert ema_likelihood.largest_fall([-8.0, -3.0, -3.0], eps=0.5) == 0


def test_likelihoods_are_those_of_gaussians():
    x, mu = torch.tensor([[[2.0], [0.0]]]), torch.tensor([[[1.0, 0.0], [0.0, 3.0]]])  # 1, C, 1 or K
    near, far = math.exp(-1), math.exp(-(4 + 9))  # of squared distances 1 and 13 with λ = 2

    equal = ema_likelihood.equal_gaussians(x, mu, 2.0)
    tied = ema_likelihood.tied_gaussians(x, mu, 2.0)

    first, second = math.exp(1), math.exp(9)  # weights go with e^(λ|μ|²/2)
    assert equal == pytest.approx(math.log((near + far) / 2))
    assert tied == pytest.approx(math.log((first * near + second * far) / (first + second)))


def test_a_step_of_k_means_is_the_mean_of_the_nearest():
    x = torch.tensor([[0.0, 1.0, 10.0], [0.0, 1.0, 4.0]])  # C, N
    mu = torch.tensor([[1.0, 9.0, -50.0], [0.0, 9.0, 0.0]])  # C, K

    means, nearest = ema.kmeans_step(x, mu, lambda counts: counts.clamp_min(1))

    assert nearest.tolist() == [0, 0, 1]
    assert means.T.tolist() == [[0.5, 0.5], [10, 4], [0, 0]]


def test_a_pixel_between_two_bases_is_no_part_of_k_means():
    x = torch.tensor([[[1.0, 1.0], [1.0, 0.5]]])  # 1, C, N
    mu = torch.eye(2)[None]

    assert ema.gaps(x, mu).tolist() == [0, 0.5]


def test_even_the_second_best_base_gets_nothing():
    gap = torch.tensor([0.5, 1e-3], dtype=torch.float64)
    strength = ema.certain(gap)

    assert math.isfinite(strength)
    assert math.exp(-strength * 1e-3) == 0


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ({"head": "gc"}, "no identity is known of gc"),
        ({"head": "dnl", "terms": "unary"}, "no identity is known of dnl terms=unary"),
        ({"head": "dnl", "dtype": "bfloat16"}, "taken in float64 or float32"),
        ({"head": "dnl", "part": "head"}, "taken with part attention"),
    ],
)
def test_where_nothing_is_known_the_reason_is_told(what, reason):
    with pytest.raises(UnmeasuredError, match=reason):
        identities(**what)


def test_options_without_a_fused_kernel_leave_it_out():
    with pytest.raises(UnmeasuredError, match="no identity"):
        identities("non_local", pairwise="dot_product")
