"""Maps that pixels predict: from a logit for each offset to an affinity between places.

Source: Zhao et al. PSANet, ECCV 2018, eq. 5 to 10; lib/psa/src of hszhao/semseg @ 4f274c3.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnbench.heads._by_offset import attend_by_offset
from attnbench.heads._layers import attend, conv_bn_relu


class Direction(nn.Module):
    """(B, K, h, w) -> (B, K, h, w): each pixel takes by its own map, or by those of the others."""

    def __init__(
        self,
        channels: int,
        inner: int,
        name: str,
        *,
        extent: tuple[int, int],
        compact: bool,
        softmax: bool,
        kernel: str,
    ):
        super().__init__()
        self.name, self.extent, self.compact, self.softmax = name, extent, compact, softmax
        self.kernel = kernel
        self.reduce = conv_bn_relu(channels, inner)
        self.logits = nn.Sequential(
            conv_bn_relu(inner, inner), nn.Conv2d(inner, extent[0] * extent[1], 1, bias=False)
        )
        self.affinity = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        # The compiler cannot take rows by offset down, nor has torch an operator for them.
        is_taken_down = torch.compiler.is_compiling() and not self.compact
        return self._eager(x) if self.kernel == "eager" or is_taken_down else self._fused(x)

    def _eager(self, x: Tensor) -> Tensor:
        h, w = x.shape[2:]
        predicted = self.logits(x).unflatten(1, self.extent)  # B, mh, mw, h, w
        absolute = _cut if self.compact else _by_place
        # From (predicting row, column) and (other row, column) to sources and takers.
        rows = absolute(predicted.permute(0, 2, 4, 3, 1), h)  # B, mw, w, h, h'
        both = absolute(rows.permute(0, 3, 4, 2, 1), w)  # B, h, h', w, w'
        sorts = (0, 2, 4, 1, 3) if self.name == "collect" else (0, 1, 3, 2, 4)
        attention = both.permute(sorts).flatten(1, 2)  # B, sources, h, w
        attention = attention.softmax(dim=1) if self.softmax else attention
        attention = self.affinity(attention).flatten(2)  # B, sources, takers
        context = x.flatten(2) @ attention  # B, K, takers
        if not self.softmax:
            context = context / (h * w)
        return context.unflatten(2, (h, w))

    def _fused(self, x: Tensor) -> Tensor:
        """A logit is a hidden vector times a weight: those of a block are made by themselves."""
        hidden, last = self.logits[0](x), self.logits[1]
        x = x.to(hidden.dtype)  # autocast has other types for convolutions
        weight = last.weight.to(hidden.dtype).view(*self.extent, -1)  # mh, mw, K
        if not self.compact:
            return attend_by_offset(hidden, weight, x, collect=self.name == "collect")
        h, w = x.shape[2:]
        places = _cut(_cut(weight.permute(2, 1, 0), h).transpose(1, 2), w)  # K, h, w
        predicting, other = hidden.flatten(2), places.flatten(1).expand(len(x), -1, -1)  # B, K, h·w
        query, key = (predicting, other) if self.name == "collect" else (other, predicting)
        how = {"scale": None, "kernel": self.kernel, "affinity": self.affinity}
        return attend(query, key, x.flatten(2), **how).unflatten(2, (h, w))


def _cut(x: Tensor, size: int) -> Tensor:
    """(…, p, m) -> (…, p, size): zeros beyond the m places."""
    return F.pad(x, (0, size - x.shape[-1]))


def _by_place(x: Tensor, size: int) -> Tensor:
    """(…, p, m) -> (…, p, q), both of `size`: at q what p has for the offset q - p, if it has any.

    Offset 0 is the middle of m. With 2·size offsets to a row (the last one unused) this lies at
    p·2·size + (q - p + size - 1) = (size - 1) + p·(2·size - 1) + q: rows one shorter, read on.
    """
    beyond = size - (x.shape[-1] + 1) // 2
    offsets = F.pad(x, (beyond, beyond + 1)).flatten(-2)  # …, size · 2·size
    places = offsets[..., size - 1 : size - 1 + size * (2 * size - 1)]
    return places.unflatten(-1, (size, 2 * size - 1))[..., :size]
