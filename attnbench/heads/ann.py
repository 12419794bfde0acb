"""Asymmetric pyramid non-local block: every pixel attends to the cells of a pyramid of means.

Source: Zhu, Xu, Bai, Huang, Bai. Asymmetric Non-local Neural Networks for Semantic Segmentation,
ICCV 2019, sec. 3.2 and 3.3; MendelXu/ANN @ f4eabeb, APNB of models/seg/utils/apnb.py.
Departs from that code: one size of the map, the input as it is. Its AFNB, which takes keys and
values from the stage before, is no block on one map: it is in the whole head.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from attnbench.cost import Cost
from attnbench.heads import head
from attnbench.heads._ann_network import Network, Pyramid
from attnbench.heads._layers import check_input, check_options, conv_bn_relu, numbers, zero_
from attnbench.heads._whole import WIDTH
from attnbench.trial import Option, Shape


@head(family="compact", complexity="N·M·C", params=920_576, maps=("affinity",), wiring="own")
class ANN(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), through an HW x M map per image; a pool of p has p² cells of M.

    `shared` gives query and key the same weights; `key_channels` and `value_channels` 0 are C/2.
    The fused kernel makes shared queries and keys once, and applies the convolutions of value and
    output to the cells: means and attention, whose weights sum to 1, may come after both.
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
        self.pyramid = Pyramid(numbers(self, "pools", pools), keys, values, kernel)
        self.channels, self.shared, self.kernel = channels, shared, kernel
        self.key = conv_bn_relu(channels, keys, bias=True)
        self.query = self.key if shared else conv_bn_relu(channels, keys, bias=True)
        self.value = nn.Conv2d(channels, values, 1)
        self.affinity = nn.Identity()
        self.output = zero_(nn.Conv2d(values, channels, 1))
        self.fusion = conv_bn_relu(2 * channels, channels, bias=True)

    @classmethod
    def whole(cls, channels: int, **options: Option) -> nn.Module:
        """AFNB on the last two stages, then plain."""
        return Network(cls(WIDTH, **options), channels)

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        query, cells = self.query(x), self.pyramid.cells
        if self.kernel == "fused":
            # In training the norm of a shared transform moves twice a step, as officially.
            is_same = self.shared and not self.training
            key = query if is_same else self.key(x)
            value = self.output(self.value(cells(x).unsqueeze(3))).squeeze(3)  # B, C, M
            context = self.pyramid.context(query, cells(key), value, self.affinity)
        else:
            key, value = cells(self.key(x)), cells(self.value(x))  # B, K, M; B, V, M
            context = self.output(self.pyramid.context(query, key, value, self.affinity))
        return self.fusion(torch.cat([context, x], dim=1))

    def cost(self, x: Shape) -> Cost:
        """Four convolutions, two pyramids, and two products of pixels and cells: N·M."""
        cost, is_fused = Cost.of(x, **self.pyramid.symbols), self.kernel == "fused"
        both = {"at": "B·N" if is_fused else "2·B·N"} if self.shared else {"times": 2}
        cost = cost.conv_bn_relu("query and key", "C", "K", bias=True, **both)
        at, values = ("B·M", "C") if is_fused else ("B·N", "V")
        cost = cost.conv("value", "C", "V", bias=True, at=at)
        cost = self.pyramid.cost(cost, values=values)
        cost = cost.conv("output", "V", "C", bias=True, at=at)
        return cost.conv_bn_relu("fusion", "2·C", "C", bias=True)
