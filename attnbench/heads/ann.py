"""Asymmetric pyramid non-local block: every pixel attends to the cells of a pyramid of means.

Source: Zhu, Xu, Bai, Huang, Bai. Asymmetric Non-local Neural Networks for Semantic Segmentation,
ICCV 2019, sec. 3.2 and 3.3; MendelXu/ANN @ f4eabeb, APNB of models/seg/utils/apnb.py.
Departs from that code: one size of the map, the input as it is. Its AFNB, which takes keys and
values from the stage before, is no block on one map: it is in the whole head.
"""

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnbench.cost import Cost
from attnbench.heads import head
from attnbench.heads._layers import (
    attend,
    check_input,
    check_options,
    conv_bn_relu,
    conv_bn_relu_cost,
    numbers,
    zero_,
)
from attnbench.heads._whole import WIDTH, Trunk, Whole, Wiring
from attnbench.trial import Option, Shape


@dataclass(frozen=True)
class _Pyramid:
    """Attention of all pixels to M cells: those of p x p means for each p of `pools`."""

    pools: tuple[int, ...]
    keys: int
    values: int
    kernel: str

    def context(self, query: Tensor, key: Tensor, value: Tensor, affinity: nn.Module) -> Tensor:
        """(B, K, H, W), (B, K, h, w), (B, V, h, w) -> (B, V, H, W)."""
        how = {"scale": self.keys**-0.5, "kernel": self.kernel, "affinity": affinity}
        y = attend(query.flatten(2), self._cells(key), self._cells(value), **how)  # B, V, N
        return y.unflatten(2, query.shape[2:])

    def _cells(self, x: Tensor) -> Tensor:
        pyramid = [F.adaptive_avg_pool2d(x, p).flatten(2) for p in self.pools]
        return torch.cat(pyramid, dim=2)  # B, K, M

    @property
    def symbols(self) -> dict[str, int]:
        cells = sum(p * p for p in self.pools)
        return {"M": cells, "K": self.keys, "V": self.values, "D": max(self.keys, self.values)}

    def cost(self, cost: Cost, where: str = "") -> Cost:
        """`cost` with the terms of `context`, for keys and values of the size of the query."""
        for p in self.pools:
            name = f"{where}keys and values, {p} x {p} cells"
            cost = cost.adaptive_mean(name, "B·(K + V)", p, p)
        key, value = ("D", "D") if self.kernel == "fused" else ("K", "V")
        return (
            cost.matmul(f"{where}logits", f"B·N·M·{key}")
            .pointwise(f"{where}scale", "B·N·M")
            .softmax(f"{where}affinity", "B·N·M")
            .matmul(f"{where}context", f"B·N·M·{value}")
        )


@head(
    family="compact",
    year=2019,
    paper="Asymmetric Non-local Neural Networks for Semantic Segmentation",
    complexity="N·M·C",
    params=920_576,
    maps=("affinity",),
    wiring="own",
)
class ANN(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), through an HW x M map per image; a pool of p has p² cells of M.

    `shared` gives query and key the same weights; `key_channels` and `value_channels` 0 are C/2.
    """

    def __init__(
        self,
        channels: int,
        *,
        pools: str = "1-3-6-8",
        key_channels: int = 0,
        value_channels: int = 0,
        shared: bool = True,
        kernel: Literal["eager", "fused"] = "eager",
    ):
        super().__init__()
        keys, values = key_channels or channels // 2, value_channels or channels // 2
        check_options(self, key_channels=keys, value_channels=values, kernel=kernel)
        self.pyramid = _Pyramid(numbers(self, "pools", pools), keys, values, kernel)
        self.channels, self.shared = channels, shared
        self.key = conv_bn_relu(channels, keys, bias=True)
        self.query = self.key if shared else conv_bn_relu(channels, keys, bias=True)
        self.value = nn.Conv2d(channels, values, 1)
        self.affinity = nn.Identity()
        self.output = zero_(nn.Conv2d(values, channels, 1))
        self.fusion = conv_bn_relu(2 * channels, channels, bias=True)

    @classmethod
    def whole(cls, channels: int, **options: Option) -> nn.Module:
        """AFNB on the last two stages, then plain."""
        return _Network(cls(WIDTH, **options), channels)

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        query, key, value = self.query(x), self.key(x), self.value(x)  # B, K or V, H, W
        context = self.output(self.pyramid.context(query, key, value, self.affinity))  # B, C, H, W
        return self.fusion(torch.cat([context, x], dim=1))

    def cost(self, x: Shape) -> Cost:
        """Four convolutions, two pyramids, and two products of pixels and cells: N·M."""
        cost = Cost.of(x, **self.pyramid.symbols)
        twice = {"at": "2·B·N"} if self.shared else {"times": 2}
        cost = conv_bn_relu_cost(cost, "query and key", "C", "K", bias=True, **twice)
        cost = self.pyramid.cost(cost.conv("value", "C", "V", bias=True))
        cost = cost.conv("output", "V", "C", bias=True)
        return conv_bn_relu_cost(cost, "fusion", "2·C", "C", bias=True)


class _Network(nn.Module):
    """(N, F, H, W), and G = F/2 channels of the stage before -> (N, CLASSES, H, W)."""

    def __init__(self, block: ANN, channels: int):
        super().__init__()
        check_options(self, channels=channels // 2)
        self.channels, self.earlier = channels, (channels // 2,)
        self.stages = _AFNB(block.pyramid, channels, channels // 2)
        self.rest = Whole([Trunk(block, channels, Wiring(bias=True))])

    def forward(self, x: Tensor, earlier: Tensor) -> Tensor:
        check_input(self, x)
        return self.rest(self.stages(x, earlier))

    def cost(self, x: Shape) -> Cost:
        """AFNB on F and G channels, then what a plain head costs."""
        return self.stages.cost(x).joined(self.rest.cost(x))


class _AFNB(nn.Module):
    """(N, F, H, W), and G channels of the stage before -> (N, F, H, W)."""

    def __init__(self, pyramid: _Pyramid, channels: int, earlier: int):
        super().__init__()
        keys, values = pyramid.keys, pyramid.values
        self.pyramid, self.channels, self.outputs = pyramid, earlier, channels
        self.query = conv_bn_relu(channels, keys, bias=True)
        self.key = conv_bn_relu(earlier, keys, bias=True)
        self.value = nn.Conv2d(earlier, values, 1)
        self.affinity = nn.Identity()
        self.output = zero_(nn.Conv2d(values, channels, 1))
        self.fusion = nn.Conv2d(2 * channels, channels, 1)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor, earlier: Tensor) -> Tensor:
        check_input(self, earlier)
        query, key, value = self.query(x), self.key(earlier), self.value(earlier)
        context = self.output(self.pyramid.context(query, key, value, self.affinity))  # B, F, H, W
        return self.norm(self.fusion(torch.cat([context, x], dim=1)))

    def cost(self, x: Shape) -> Cost:
        inside = replace(x, channels=WIDTH)  # C is that of the block behind
        cost = Cost.of(inside, F=self.outputs, G=self.channels, **self.pyramid.symbols)
        cost = conv_bn_relu_cost(cost, "stages: query", "F", "K", bias=True)
        cost = conv_bn_relu_cost(cost, "stages: key", "G", "K", bias=True)
        cost = self.pyramid.cost(cost.conv("stages: value", "G", "V", bias=True), "stages: ")
        return (
            cost.conv("stages: output", "V", "F", bias=True)
            .conv("stages: fusion", "2·F", "F", bias=True)
            .batch_norm("stages: fusion: norm", "F")
        )
