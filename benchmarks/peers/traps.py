"""Modules on which counters of FLOPs go wrong, and what each of them does on paper.

All have C = 64 channels, K = 32 inner ones, N = 256 pixels of a 16 x 16 map.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.nn import functional as F

C, K, N, SIDE = 64, 32, 256, 16
MAP = (1, C, SIDE, SIDE)
LINE = (1, N, C)  # the pixels in a row
HEADS_OF_K = (1, 2, N, K)  # two heads share the channels


class Does(nn.Module):
    """A function of one map or several."""

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
    """(1, C, H, W) -> (1, C, H, W), with keys of K channels."""

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
    """(1, N, C) -> (1, N, C), by torch's own layer with four heads."""

    def __init__(self, *, need_weights=True):
        super().__init__()
        self.layer = nn.MultiheadAttention(C, 4, batch_first=True)
        self.need_weights = need_weights

    def forward(self, x):
        return self.layer(x, x, x, need_weights=self.need_weights)


class GlobalFilter(nn.Module):
    """(1, C, H, W) -> (1, C, H, W): a convolution as wide as the map, by Fourier transforms."""

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
