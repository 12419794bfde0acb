"""Dual attention: one branch compares all pairs of pixels, the other all pairs of channels.

Source: Fu, Liu, Tian, Li, Bao, Fang, Lu. Dual Attention Network for Scene Segmentation, CVPR 2019,
sec. 3.2 to 3.4; junfu1115/DANet @ b0a0fa0, PAM_Module and CAM_Module of encoding/nn/da_att.py.
Departs from the paper as that code does: the channels that are *least* alike weigh most, by a
softmax of the row's maximum minus the energy (`energy="direct"` is the paper's); query and key
have neither batch norm nor ReLU.
Departs from that code: `branch="both"` adds the two blocks on one map, where its network gives
each a 3x3 convolution before and after. Those, and its three classifiers, are the network's.
"""

from math import inf, log
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnbench.cost import Cost
from attnbench.heads import head
from attnbench.heads._layers import attend, check_input, check_options
from attnbench.heads._whole import WIDTH, Trunk, Whole, Wiring
from attnbench.trial import Option, Shape


@head(
    family="pairwise",
    complexity="N²·C + N·C²",
    params=328_322,
    maps=("position_affinity", "channel_affinity"),
    wiring="own",
)
class DANet(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), through an HW x HW and a C x C map per image.

    K = C / `reduction` is the width of query and key between positions. The fused kernel leaves out
    channels whose weight is nothing beside the largest.
    """

    def __init__(
        self,
        channels: int,
        *,
        branch: Literal["both", "position", "channel"] = "both",
        energy: Literal["reversed", "direct"] = "reversed",
        reduction: int = 8,
        kernel: Literal["eager", "fused"] = "eager",
    ):
        super().__init__()
        check_options(self, branch=branch, energy=energy, reduction=reduction, kernel=kernel)
        check_options(self, width=channels // reduction)
        self.channels, self.inner, self.branch = channels, channels // reduction, branch
        self.energy, self.kernel = energy, kernel
        self.position_affinity, self.channel_affinity = nn.Identity(), nn.Identity()
        if branch != "channel":
            self.query = nn.Conv2d(channels, self.inner, 1)
            self.key = nn.Conv2d(channels, self.inner, 1)
            self.value = nn.Conv2d(channels, channels, 1)
            self.position_gamma = nn.Parameter(torch.zeros(1))
        if branch != "position":
            self.channel_gamma = nn.Parameter(torch.zeros(1))

    @classmethod
    def whole(cls, channels: int, **options: Option) -> Whole:
        """A trunk for each branch, their sum; the idle classifiers are those of the branches."""
        branch = options.pop("branch", "both")
        names = ("position", "channel") if branch == "both" else (branch,)
        blocks = [cls(WIDTH, branch=name, **options) for name in names]
        trunks = [Trunk(block, channels, Wiring(after=WIDTH)) for block in blocks]
        return Whole(trunks, idle=2 if branch == "both" else 0)

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        if self.branch == "position":
            return self._among_positions(x)
        if self.branch == "channel":
            return self._among_channels(x)
        return self._among_positions(x) + self._among_channels(x)

    def _among_positions(self, x: Tensor) -> Tensor:
        query, key = self.query(x).flatten(2), self.key(x).flatten(2)  # B, K, N
        value = self.value(x).flatten(2)  # B, C, N
        how = {"scale": None, "kernel": self.kernel, "affinity": self.position_affinity}
        context = attend(query, key, value, **how)  # B, C, N
        return self.position_gamma * context.unflatten(2, x.shape[2:]) + x

    def _among_channels(self, x: Tensor) -> Tensor:
        points = x.flatten(2)  # B, C, N
        energy = points @ points.transpose(1, 2)  # B, C, C
        if self.kernel == "fused":
            energy = self._without_the_negligible(energy)
        elif self.energy == "reversed":
            energy = energy.amax(dim=-1, keepdim=True) - energy
        context = self.channel_affinity(energy.softmax(dim=-1)) @ points  # B, C, N
        return self.channel_gamma * context.unflatten(2, x.shape[2:]) + x

    def _without_the_negligible(self, energy: Tensor) -> Tensor:
        """Logits of the same softmax, at most 0, and minus infinity where the weight is nothing.

        Such weights, or their gradients, are subnormal numbers, with which a product takes some
        CPUs ten times as long. A weight of eps² beside the largest is lost in rounding, as is the
        sum of all such.
        """
        eps = min(torch.finfo(energy.dtype).eps, torch.finfo(torch.float32).eps)
        if self.energy == "reversed":
            logits = energy.detach().amin(dim=-1, keepdim=True) - energy
        else:
            logits = energy - energy.detach().amax(dim=-1, keepdim=True)
        return F.threshold(logits, 2 * log(eps), -inf)

    def cost(self, x: Shape) -> Cost:
        """Two products over pairs of pixels, N²·(K + C), and two over pairs of channels, N·C²."""
        cost = Cost.of(x, K=self.inner)
        if self.branch != "channel":
            cost = cost.conv("query", "C", "K", bias=True).conv("key", "C", "K", bias=True)
            cost = cost.conv("value", "C", "C", bias=True).weights("position: γ", "1")
            how = {"kernel": self.kernel, "scaled": False, "of": "position: "}
            cost = cost.attention("B·N²", "K", "C", **how)
            cost = cost.pointwise("position: γ and residual", "2·B·N·C")
        if self.branch != "position":
            cost = self._channel_cost(cost)
            cost = cost.pointwise("channel: γ and residual", "2·B·N·C").weights("channel: γ", "1")
        return cost.pointwise("sum of the branches", "B·N·C") if self.branch == "both" else cost

    def _channel_cost(self, cost: Cost) -> Cost:
        is_fused = self.kernel == "fused"
        if is_fused or self.energy == "reversed":
            cost = cost.reduction("channel: maximum", "B·C²")
            cost = cost.pointwise("channel: maximum - energy", "B·C²")
        if is_fused:
            cost = cost.pointwise("channel: the negligible", "B·C²")
        cost = cost.matmul("channel: energy", "B·C²·N").softmax("channel: affinity", "B·C²")
        return cost.matmul("channel: context", "B·C²·N")
