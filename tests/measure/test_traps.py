"""Modules on which counters of FLOPs go wrong: what each of them does, on paper and counted.

All have C = 64 channels, K = 32 inner ones, N = 256 pixels of a 16 x 16 map.
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from attnbench.measure._masks import causal_pairs
from attnbench.measure._meta import like_cpu
from attnbench.measure.counted import count

C, K, N, SIDE = 64, 32, 256, 16
MAP = (1, C, SIDE, SIDE)
LINE = (1, N, C)  # the pixels in a row
HEADS_OF_K = (1, 2, N, K)  # two heads share the channels

# Every count is taken on tensors with values and on fake ones, which is what the metric does.
every_kind_of_tensor = pytest.mark.parametrize(
    "tensors", [nullcontext, like_cpu], ids=["real", "meta"]
)


class Does(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *maps):
        return self.function(*maps)


@dataclass(frozen=True)
class Case:
    """A module, the shapes of its inputs, and its work written out as products."""

    make: Callable[[], nn.Module]  # called among the tensors that its weights should be
    shapes: list = field(default_factory=lambda: [MAP])
    macs: int = 0
    flops: int | None = None  # all of them, those of MACs too
    calls: tuple = ()  # operators that have to be among those that ran


class NonLocal(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key = nn.Conv2d(C, K, 1), nn.Conv2d(C, K, 1)
        self.value, self.out = nn.Conv2d(C, C, 1), nn.Conv2d(C, C, 1)

    def forward(self, x):
        q, k, v = (layer(x).flatten(2) for layer in (self.query, self.key, self.value))
        y = v @ (q.transpose(1, 2) @ k).softmax(dim=-1).transpose(1, 2)
        return x + self.out(y.view(x.shape))


class Pooling(nn.Module):
    """One mask over all pixels, which weighs them into one vector, as in GCNet."""

    def __init__(self):
        super().__init__()
        self.mask = nn.Conv2d(C, 1, 1)

    def forward(self, x):
        return x.flatten(2) @ self.mask(x).flatten(2).softmax(dim=-1).transpose(1, 2)


class SelfAttention(nn.Module):
    def __init__(self, *, need_weights=True):
        super().__init__()
        self.layer = nn.MultiheadAttention(C, 4, batch_first=True)
        self.need_weights = need_weights

    def forward(self, x):
        return self.layer(x, x, x, need_weights=self.need_weights)


class GlobalFilter(nn.Module):
    def __init__(self):
        super().__init__()
        self.filter = nn.Parameter(torch.randn(C, SIDE, SIDE // 2 + 1, dtype=torch.complex64))

    def forward(self, x):
        return torch.fft.irfft2(torch.fft.rfft2(x) * self.filter, s=(SIDE, SIDE))


def strided_heads(x):
    """(1, C, H, W) -> (1, 2, N, K) whose last axis is not the one that is dense in memory."""
    return x.view(1, 2, K, N).transpose(2, 3)


def attention(x, **options):
    return F.scaled_dot_product_attention(x, x, x, **options)


def local_attention(query, x):
    """Each pixel attends to the 3 x 3 around it, of K channels."""
    around = F.unfold(x, 3, padding=1).view(1, K, 9, N)
    logits = (query.flatten(2).unsqueeze(2) * around).sum(dim=1)  # 1, 9, N
    return (logits.softmax(dim=1).unsqueeze(1) * around).sum(dim=2)  # 1, K, N


ATTENTION_MACS = 2 * N * N * C
FLASH = ("_scaled_dot_product_flash_attention_for_cpu",)
MATH = ("bmm", "_safe_softmax")

MACS = {
    "1x1 convolution with bias": Case(lambda: nn.Conv2d(C, C, 1), macs=N * C * C),
    "non-local head": Case(
        NonLocal,
        macs=2 * N * C * K + 2 * N * C * C + N * N * K + N * N * C,
        flops=2 * (2 * N * C * K + 2 * N * C * C + N * N * K + N * N * C) + 5 * N * N + N * C,
    ),
    "q k by @": Case(lambda: Does(lambda q, k: q @ k.mT), [LINE, LINE], macs=N * N * C),
    "q k by einsum": Case(
        lambda: Does(lambda q, k: torch.einsum("bic,bjc->bij", q, k)), [LINE, LINE], macs=N * N * C
    ),
    "only the right side batched": Case(
        lambda: Does(torch.matmul), [(K, C), (8, C, N)], macs=8 * K * C * N
    ),
    "sdpa, strided heads": Case(
        lambda: Does(lambda x: attention(strided_heads(x))),
        macs=ATTENTION_MACS,
        # The math path scales queries and keys, N·C each, in place of two maps of pairs.
        flops=2 * ATTENTION_MACS + 2 * N * C + 5 * 2 * N * N,
        calls=MATH,
    ),
    "sdpa, contiguous": Case(
        lambda: Does(attention),
        [HEADS_OF_K],
        macs=ATTENTION_MACS,
        flops=2 * ATTENTION_MACS + 2 * N * N + 5 * 2 * N * N,
        calls=FLASH,
    ),
    "sdpa, causal, strided": Case(
        lambda: Does(lambda x: attention(strided_heads(x), is_causal=True)),
        macs=ATTENTION_MACS,
        calls=MATH,
    ),
    # Three projections in, one out, and two products over the pairs of four heads of C/4.
    "nn.MultiheadAttention": Case(
        SelfAttention, [LINE], macs=3 * N * C * C + ATTENTION_MACS + N * C * C
    ),
    "nn.MultiheadAttention without weights": Case(
        lambda: SelfAttention(need_weights=False),
        [LINE],
        macs=3 * N * C * C + ATTENTION_MACS + N * C * C,
    ),
    "nn.TransformerEncoderLayer": Case(
        lambda: nn.TransformerEncoderLayer(C, 4, dim_feedforward=128, batch_first=True),
        [LINE],
        macs=4 * N * C * C + ATTENTION_MACS + 2 * N * C * 128,
    ),
    "pooling by one mask": Case(Pooling, macs=N * C + N * C, flops=2 * 2 * N * C + 5 * N),
    "matrix times vector": Case(lambda: Does(torch.matmul), [(N, C), (C,)], macs=N * C),
    "product by multiply and sum": Case(
        lambda: Does(lambda q, k: (q.unsqueeze(2) * k.unsqueeze(1)).sum(dim=-1)),
        [LINE, LINE],
        macs=N * N * C,
        flops=2 * N * N * C,
    ),
    "local attention by unfold": Case(
        lambda: Does(local_attention),
        [(1, K, SIDE, SIDE), (1, K, SIDE, SIDE)],
        macs=2 * N * 9 * K,
        flops=2 * 2 * N * 9 * K + 5 * 9 * N,
    ),
    # A difference and a multiply-add a channel, a root a pair: by a matrix product from 26 pixels.
    "cdist by matrix product": Case(
        lambda: Does(torch.cdist),
        [LINE, LINE],
        macs=N * N * C,
        flops=3 * N * N * C + N * N,
        calls=("_euclidean_dist",),
    ),
    "cdist by differences": Case(
        lambda: Does(torch.cdist),
        [(1, 9, C), (1, 7, C)],
        macs=9 * 7 * C,
        flops=3 * 9 * 7 * C + 9 * 7,
        calls=("_cdist_forward",),
    ),
    "dot": Case(lambda: Does(torch.dot), [(N,), (N,)], macs=N),
    "addmv": Case(lambda: Does(torch.addmv), [(N,), (N, C), (C,)], macs=N * C),
    "addbmm": Case(lambda: Does(torch.addbmm), [(K, N), (8, K, C), (8, C, N)], macs=8 * K * C * N),
    "addr": Case(lambda: Does(torch.addr), [(N, C), (N,), (C,)], macs=N * C),
    "bilinear form": Case(
        lambda: Does(lambda x, w, y: x @ w @ y), [(C,), (C, K), (K,)], macs=C * K + K
    ),
    "nn.Bilinear": Case(
        lambda: nn.Bilinear(C, K, 8, bias=False), [(N, C), (N, K)], macs=N * 8 * (C * K + K)
    ),
}

# 2.5·N·log2(N) for each map of N real numbers, 5·N·log2(N) of complex ones; log2(256) = 8.
REAL_FOURIER = C * 5 * N * 8 // 2

OTHER_FLOPS = {
    "softmax": Case(lambda: Does(lambda x: x.softmax(dim=1)), flops=5 * N * C),
    "log softmax": Case(lambda: Does(lambda x: x.log_softmax(dim=1)), flops=5 * N * C),
    "batch norm": Case(lambda: nn.BatchNorm2d(C), flops=2 * N * C),
    "layer norm": Case(lambda: nn.LayerNorm([C, SIDE, SIDE]), flops=7 * N * C),
    "group norm": Case(lambda: nn.GroupNorm(8, C), flops=7 * N * C),
    "instance norm": Case(lambda: nn.InstanceNorm2d(C), flops=5 * N * C),
    "instance norm with weights": Case(lambda: nn.InstanceNorm2d(C, affine=True), flops=7 * N * C),
    "variance": Case(lambda: Does(lambda x: x.var(dim=1)), flops=4 * N * C),
    "bilinear x 8": Case(
        lambda: nn.Upsample(scale_factor=8, mode="bilinear"), flops=8 * 64 * N * C
    ),
    "bicubic x 2": Case(lambda: nn.Upsample(scale_factor=2, mode="bicubic"), flops=32 * 4 * N * C),
    "nearest x 2": Case(lambda: nn.Upsample(scale_factor=2, mode="nearest"), flops=0),
    "nearest exact x 2": Case(lambda: nn.Upsample(scale_factor=2, mode="nearest-exact"), flops=0),
    "grid sample": Case(
        lambda: Does(lambda x, at: F.grid_sample(x, at, align_corners=False)),
        [MAP, (1, 5, 7, 2)],
        flops=8 * C * 5 * 7,
    ),
    "overlapping average pool": Case(lambda: nn.AvgPool2d(3, 1, 1), flops=9 * N * C),
    "global filter": Case(
        GlobalFilter, flops=REAL_FOURIER + 6 * C * SIDE * (SIDE // 2 + 1) + REAL_FOURIER
    ),
    "complex Fourier transform": Case(
        lambda: Does(lambda x: torch.fft.fft2(x).real), flops=C * 5 * N * 8
    ),
    # Products without a sum: no multiply-add.
    "outer": Case(lambda: Does(torch.outer), [(N,), (C,)], flops=N * C),
    "kron": Case(lambda: Does(torch.kron), [(4, 5), (3, 2)], flops=4 * 5 * 3 * 2),
    "a choice by a mask": Case(
        lambda: Does(lambda x: x.masked_fill(x < 0, 0.0)),
        flops=N * C,  # the comparison
    ),
}


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
