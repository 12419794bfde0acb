"""Each identity can fail: on a head, or in a form, that is wrong on purpose, it is far off."""

from functools import partial
from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional as F

from attnbench.heads import _layers, self_attention
from attnbench.heads import isa as isa_head
from attnbench.heads._windows import in_windows
from attnbench.heads.a2 import A2
from attnbench.heads.ccnet import CCNet
from attnbench.heads.dnl import DNL
from attnbench.heads.ema import EMA
from attnbench.measure._identities import a2, dnl, ema, ema_likelihood
from tests.measure.test_identities import identities

FAR = 1e9  # epsilons: 2e-7 of the largest value

SHARP = {"bases": 5, "inverse_temperature": 20.0}


def test_a_unary_term_of_the_wrong_sign(monkeypatch):
    right = dnl.split_logits
    monkeypatch.setattr(dnl, "split_logits", lambda q, k: right(-q, k))

    assert identities("dnl")["dnl_split"] > FAR


def test_a_missing_unary_term(monkeypatch):
    def pairwise_alone(query, key):
        return dnl.less_its_mean(query).transpose(1, 2) @ dnl.less_its_mean(key)

    monkeypatch.setattr(dnl, "split_logits", pairwise_alone)

    assert identities("dnl")["dnl_split"] > FAR


def test_a_query_mean_that_is_left_in(monkeypatch):
    monkeypatch.setattr(dnl, "less_its_mean", lambda x: x)

    assert identities("dnl")["dnl_key_mean"] > FAR


def test_keys_that_are_whitened_by_more_than_their_mean(monkeypatch):
    right = DNL._pairwise

    def by_position(head, x, value):  # the mean over channels, another for each key
        return right(head, x - x.mean(dim=1, keepdim=True), value)

    monkeypatch.setattr(DNL, "_pairwise", by_position)

    assert identities("dnl")["dnl_key_mean"] > FAR


def test_responsibilities_of_the_wrong_sign(monkeypatch):
    right = EMA._expectation
    monkeypatch.setattr(EMA, "_expectation", lambda head, x, mu: right(head, -x, mu))

    found = identities("ema", **SHARP)

    assert found["ema_kmeans"] > FAR
    assert found["ema_fall"] > FAR


def test_one_iteration_too_many(monkeypatch):
    right = ema.kmeans_step

    def twice(x, mu, guard):
        means, _ = right(x, mu, guard)
        return right(x, means / means.norm(dim=0).clamp_min(1e-9), guard)

    monkeypatch.setattr(ema, "kmeans_step", twice)

    assert identities("ema", bases=5)["ema_kmeans"] > FAR


def test_a_mean_of_the_pixels_of_the_other_bases(monkeypatch):
    monkeypatch.setattr(EMA, "_maximisation", lambda head, x, z: head._unit(x @ (1 - z)))

    assert identities("ema", size=(12, 12), **SHARP)["ema_fall"] > FAR


def test_an_e_step_without_the_length_of_the_bases(monkeypatch):
    head = EMA(16, norm="none", inverse_temperature=20.0)
    monkeypatch.setattr(ema_likelihood, "gaussian_step", lambda _: ema_likelihood.head_step(head))

    found = [identities("ema", seed=s, size=(12, 12), **SHARP)["ema_fall_proper"] for s in range(4)]

    assert max(found) > FAR


def test_a_reconstruction_that_lets_the_input_through(monkeypatch):
    right = EMA.reconstruction
    monkeypatch.setattr(EMA, "reconstruction", lambda head, x: right(head, x) + x)

    assert identities("ema", bases=5)["ema_rank"] == 16


def test_pairs_that_are_transposed(monkeypatch):
    right = A2.forward

    def transposed(head, x):
        y = right(head, x)
        return y if head.order == "descriptors_first" else y.flip(3)

    monkeypatch.setattr(A2, "forward", transposed)

    assert identities("a2")["a2_orders"] > FAR


def test_a_second_em_iteration(monkeypatch):
    def two(*args, **options):
        return EMA(*args, **options | {"iterations": 2})

    monkeypatch.setattr(a2, "EMA", two)

    assert identities("a2")["a2_is_em"] > FAR


def test_a_distribution_over_the_pixels():
    assert identities("a2", distribution="positions")["a2_is_em"] > FAR


def test_a_single_pass():
    found = identities("ccnet", size=(5, 7), recurrence=1)

    assert found["ccnet_unreached"] == found["ccnet_unreached_once"] == 35 * (35 - 11)


def test_rows_alone(monkeypatch):
    def of_rows(head, x):
        return head.value(x).mean(dim=3, keepdim=True).expand_as(x)

    monkeypatch.setattr(CCNet, "_context", of_rows)

    found = identities("ccnet", size=(5, 7))

    assert found["ccnet_reached_once"] == 7
    assert found["ccnet_unreached"] == 35 * (35 - 7)


def test_two_steps_of_the_same_range(monkeypatch):
    monkeypatch.setattr(
        isa_head, "in_windows", lambda a, x, window, _: in_windows(a, x, window, "long_range")
    )

    found = identities("isa", size=(4, 4), window=2)

    assert found["isa_unreached"] == 16 * (16 - 4)
    assert found["isa_factors"] > FAR


def test_steps_in_the_other_order_than_their_maps(monkeypatch):
    other = {"long_range": "short_range", "short_range": "long_range"}
    monkeypatch.setattr(
        isa_head, "in_windows", lambda a, x, window, by: in_windows(a, x, window, other[by])
    )

    assert identities("isa", size=(4, 4), window=2)["isa_factors"] > FAR


@pytest.mark.parametrize(
    ("weights", "reading", "least"),
    [
        (lambda logits: logits.exp(), "isa_product_rows", FAR),
        (lambda logits: torch.eye(logits.shape[-1]).expand_as(logits), "isa_product_zeros", 1000),
    ],
    ids=["unnormalised", "each pixel to itself"],
)
def test_maps_that_are_no_softmax(monkeypatch, weights, reading, least):
    def attend(query, key, value, *, affinity, **_):
        attention = affinity(weights(query.transpose(1, 2) @ key).to(query.dtype))
        return value @ attention.transpose(1, 2)

    monkeypatch.setattr(self_attention, "attend", attend)

    assert identities("isa", window=2, window_width=4)[reading] > least


def test_padding_with_something_else_than_zeros(monkeypatch):
    ones = SimpleNamespace(pad=partial(F.pad, value=1.0))
    monkeypatch.setattr(isa_head, "F", ones)

    assert identities("isa", window=2, window_width=4)["isa_padded"] > FAR


@pytest.mark.parametrize("head", ["non_local", "self_attention", "dnl", "isa", "danet"])
def test_a_fused_kernel_with_another_scale(monkeypatch, head):
    right = _layers.attend_in_blocks
    monkeypatch.setattr(_layers, "attend_in_blocks", lambda q, k, v: right(1.1 * q, k, v))

    assert identities(head)["fused"] > FAR
