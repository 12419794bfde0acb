"""Around ANN's block: attention to a pyramid of means, and AFNB, which joins two stages by it.

Source: Zhu, Xu, Bai, Huang, Bai. Asymmetric Non-local Neural Networks for Semantic Segmentation,
ICCV 2019, sec. 3.2 and 3.4; MendelXu/ANN @ f4eabeb, AFNB of models/seg/utils/afnb.py.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnbench.cost import Cost
from attnbench.heads._layers import attend, check_input, check_options, conv_bn_relu, zero_
from attnbench.heads._whole import WIDTH, Trunk, Whole, Wiring
from attnbench.trial import Shape


@dataclass(frozen=True)
class Pyramid:
    """Attention of all pixels to M cells: those of p x p means for each p of `pools`."""

    pools: tuple[int, ...]
    keys: int
    values: int
    kernel: str

    def context(self, query: Tensor, key: Tensor, value: Tensor, affinity: nn.Module) -> Tensor:
        """(B, K, H, W), cells (B, K, M) and (B, V, M) -> (B, V, H, W)."""
        how = {"scale": self.keys**-0.5, "kernel": self.kernel, "affinity": affinity}
        y = attend(query.flatten(2), key, value, **how)  # B, V, N
        return y.unflatten(2, query.shape[2:])

    def cells(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, M)."""
        return torch.cat([F.adaptive_avg_pool2d(x, p).flatten(2) for p in self.pools], dim=2)

    @property
    def symbols(self) -> dict[str, int]:
        cells = sum(p * p for p in self.pools)
        return {"M": cells, "K": self.keys, "V": self.values}

    def cost(self, cost: Cost, where: str = "", values: str = "V") -> Cost:
        """`cost` with the terms of cells and context; the `values` are as wide as that symbol."""
        for p in self.pools:
            name = f"{where}keys and values, {p} x {p} cells"
            cost = cost.adaptive_mean(name, f"B·(K + {values})", p, p)
        return cost.attention("B·N·M", "K", values, kernel=self.kernel, of=where)


class Network(nn.Module):
    """(N, F, H, W), and G = F/2 channels of the stage before -> (N, CLASSES, H, W)."""

    head = "ann"
    finer = 1

    def __init__(self, block: nn.Module, channels: int):
        super().__init__()
        check_options(self, channels=channels // 2)
        self.channels, self.earlier = channels, (channels // 2,)
        self.stages = AFNB(block.pyramid, channels, channels // 2)
        self.rest = Whole([Trunk(block, channels, Wiring(bias=True))])

    def forward(self, x: Tensor, earlier: Tensor) -> Tensor:
        check_input(self, x)
        return self.rest(self.stages(x, earlier))

    def cost(self, x: Shape) -> Cost:
        """AFNB on F and G channels, then what a plain head costs."""
        return self.stages.cost(x).joined(self.rest.cost(x))


class AFNB(nn.Module):
    """(N, F, H, W), and G channels of the stage before -> (N, F, H, W)."""

    head = "ann"

    def __init__(self, pyramid: Pyramid, channels: int, earlier: int):
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
        cells = self.pyramid.cells(self.key(earlier)), self.pyramid.cells(self.value(earlier))
        context = self.output(self.pyramid.context(self.query(x), *cells, self.affinity))
        return self.norm(self.fusion(torch.cat([context, x], dim=1)))

    def cost(self, x: Shape) -> Cost:
        inside = replace(x, channels=WIDTH)  # C is that of the block behind
        cost = Cost.of(inside, F=self.outputs, G=self.channels, **self.pyramid.symbols)
        cost = cost.conv_bn_relu("stages: query", "F", "K", bias=True)
        cost = cost.conv_bn_relu("stages: key", "G", "K", bias=True)
        cost = self.pyramid.cost(cost.conv("stages: value", "G", "V", bias=True), "stages: ")
        return (
            cost.conv("stages: output", "V", "F", bias=True)
            .conv("stages: fusion", "2·F", "F", bias=True)
            .batch_norm("stages: fusion: norm", "F")
        )
