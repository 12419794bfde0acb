"""Modules on which counters of FLOPs go wrong: what each of them does is what is counted.

The modules and their work on paper are in `benchmarks/peers/traps.py`, where other counters are
held against them too.
"""

from contextlib import nullcontext

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from attnbench.measure._masks import causal_pairs
from attnbench.measure._meta import like_cpu
from attnbench.measure.counted import count
from benchmarks.peers.traps import (
    HEADS_OF_K,
    LINE,
    MACS,
    OTHER_FLOPS,
    C,
    Case,
    Does,
    N,
    attention,
)

# Every count is taken on tensors with values and on fake ones, which is what the metric does.
every_kind_of_tensor = pytest.mark.parametrize(
    "tensors", [nullcontext, like_cpu], ids=["real", "meta"]
)


def counted(case, tensors=nullcontext):
    with tensors():
        module = case.make().eval()
        return count(module, *(torch.randn(*shape) for shape in case.shapes))


@every_kind_of_tensor
@pytest.mark.parametrize("name", MACS)
def test_multiply_adds_are_those_on_paper(name, tensors):
    work = counted(MACS[name], tensors)

    assert (work.macs, work.unpriced) == (MACS[name].macs, {})
    assert MACS[name].flops in (None, work.flops)
    assert set(MACS[name].calls) <= set(work.calls)


@every_kind_of_tensor
@pytest.mark.parametrize("name", OTHER_FLOPS)
def test_work_without_multiply_adds_is_that_on_paper(name, tensors):
    work = counted(OTHER_FLOPS[name], tensors)

    assert (work.macs, work.flops, work.unpriced) == (0, OTHER_FLOPS[name].flops, {})


# Other counters are known to miss these by up to all of it.
@pytest.mark.parametrize(
    ("name", "macs"),
    [
        ("1x1 convolution with bias", 1_048_576),
        ("non-local head", 9_437_184),
        ("q k by @", 4_194_304),
        ("q k by einsum", 4_194_304),
        ("only the right side batched", 4_194_304),
        ("sdpa, strided heads", 8_388_608),
        ("sdpa, contiguous", 8_388_608),
        ("nn.MultiheadAttention", 12_582_912),
        ("pooling by one mask", 32_768),
        ("matrix times vector", 16_384),
        ("product by multiply and sum", 4_194_304),
        ("local attention by unfold", 147_456),
        ("cdist by matrix product", 4_194_304),
    ],
)
def test_the_products_on_paper_come_to_the_known_number(name, macs):
    assert MACS[name].macs == macs


# Products that are more, or less, than the terms of one sum.


def product_work(function):
    return count(Does(function), torch.randn(2, 3, 5), torch.randn(2, 3, 5))


@pytest.mark.parametrize(
    ("function", "macs"),
    [
        (lambda a, b: (a * b).sum(), 30),
        (lambda a, b: (a * b).mean(dim=(0, 2)), 30),
        (lambda a, b: (a * b).transpose(1, 2).unsqueeze(0).sum(dim=1), 30),  # views
        (lambda a, b: (a * b).transpose(1, 2).flatten(1).double().sum(dim=1), 30),  # and copies
        (lambda a, b: [(p := a * b).sum(), p.clone().sum()], 0),  # a copy is read beside it
        (lambda a, b: a.clone().mul_(b).sum(dim=1), 30),
        (lambda a, b: a * b, 0),  # no sum
        (lambda a, b: (a * 2).sum() + b.sum(), 0),  # scaled by a number
        (lambda a, b: (a * b)[0].sum(), 0),  # a part
        (lambda a, b: (a * b).relu().sum(), 0),  # of something else
        (lambda a, b: (p := a * b).sum() + p, 0),  # used beside it
        (lambda a, b: (p := a * b).sum(dim=1) + p.sum(dim=1), 0),  # two sums
        (lambda a, b: (a * b).add_(1).sum(), 0),  # changed before
        (lambda a, b: (a * b * b).sum(), 30),  # the second product is summed, the first is not
        (lambda a, b: [(a * b).sum() for _ in range(3)], 90),  # storages may come back
        (torch.linalg.vecdot, 30),
    ],
)
def test_a_product_is_multiply_adds_if_one_sum_is_all_that_reads_it(function, macs):
    assert product_work(function).macs == macs


def test_flops_are_the_same_whether_a_product_is_recognised_or_not():
    one = product_work(lambda a, b: (a * b).sum(dim=1))
    other = product_work(lambda a, b: (a * b).view(2, 3, 1, 5)[:, :, [0]].sum(dim=1))

    assert (one.flops, one.flops_by_kind) == (60, {"contraction": 60})
    assert (other.flops, other.flops_by_kind) == (60, {"pointwise": 30, "reduction": 30})


# Masks: what was executed, and what of it was of use.


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (6, 6), (3, 7), (7, 3)])
def test_a_causal_mask_keeps_the_pairs_that_torch_keeps(rows, columns):
    assert causal_pairs(rows, columns) == torch.ones(rows, columns).tril().sum()


@every_kind_of_tensor
@pytest.mark.parametrize("layout", ["strided", "contiguous"])
def test_useful_work_of_causal_attention_has_the_diagonal(layout, tensors):
    """N(N + 1)/2 pairs: 4,210,688 MACs. Half of N² pairs would be 4,194,304."""
    causal = {
        "strided": MACS["sdpa, causal, strided"],
        "contiguous": Case(lambda: Does(lambda x: attention(x, is_causal=True)), [HEADS_OF_K]),
    }
    work = counted(causal[layout], tensors)

    assert work.macs == 2 * N * N * C
    assert work.useful_macs == 2 * (N * (N + 1) // 2) * C
    assert work.useful_macs - work.macs // 2 == N * C


def test_useful_work_of_causal_attention_between_two_maps_of_two_widths():
    q, k, v = torch.randn(2, 3, 4, 8), torch.randn(2, 3, 6, 8), torch.randn(2, 3, 6, 5)

    work = count(Does(lambda *qkv: F.scaled_dot_product_attention(*qkv, is_causal=True)), q, k, v)

    assert work.macs == 2 * 3 * 4 * 6 * (8 + 5)
    assert work.useful_macs == 2 * 3 * (1 + 2 + 3 + 4) * (8 + 5)


@every_kind_of_tensor
def test_a_mask_in_a_tensor_is_not_read(tensors):
    with tensors():
        mask = torch.ones(N, N, dtype=torch.bool).tril()
        work = count(Does(lambda x: attention(x, attn_mask=mask)), torch.randn(HEADS_OF_K))

    assert work.useful_macs == work.macs == 2 * N * N * C
    assert (work.masks.unread, work.unpriced) == (1, {})


def test_a_mask_of_multihead_attention_is_not_read():
    layer = nn.TransformerEncoderLayer(C, 4, batch_first=True).eval()
    mask = nn.Transformer.generate_square_subsequent_mask(N)

    work = count(Does(lambda x: layer(x, src_mask=mask, is_causal=True)), torch.randn(LINE))

    assert work.useful_macs == work.macs
    assert work.masks.unread == 1


# How the count is taken.


@pytest.mark.parametrize("name", [*MACS, *OTHER_FLOPS])
def test_the_count_is_the_same_in_inference_mode(name):
    case = (MACS | OTHER_FLOPS)[name]
    with torch.inference_mode():
        inside = counted(case)
    outside = counted(case)

    assert (inside.macs, inside.flops_by_kind) == (case.macs, outside.flops_by_kind)
    assert inside.unpriced == {}


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: torch.cdist(x, x, p=1), "_cdist_forward"),
        (lambda x: torch.exp(1j * x), "exp"),  # complex, which only sums and products know
        (lambda x: x.sort(), "sort"),
    ],
)
def test_no_price_is_better_than_a_wrong_one(function, name):
    assert set(count(Does(function), torch.randn(2, 6, 5)).unpriced) == {name}
