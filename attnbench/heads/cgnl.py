"""Compact generalised non-local block: all pairs of positions *and* channels, as one number.

Source: Yue, Sun, Yuan, Zhou, Ding, Xu. Compact Generalized Non-local Network, NeurIPS 2018,
eq. 8 to 13; KaiyuYue/cgnl-network.pytorch @ 33e348b, SpatialCGNL of model/resnet.py, and
SpatialCGNLx for a `taylor_order` above 0.
Departs from the paper as that code does: the factor exp(-γ(|θ|² + |φ|²)) of the Gaussian kernel is
the constant exp(-2γ). The group norm has the groups of the convolution before it, so of each
group's number only the sign survives, up to the eps.
"""

from collections.abc import Sequence
from math import exp, factorial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnbench.cost import Cost
from attnbench.errors import HeadError
from attnbench.heads import head
from attnbench.heads._layers import check_input, check_options
from attnbench.trial import Shape

GAMMA = 1e-4  # of the Gaussian kernel


@head(family="global", complexity="N·C", params=410_624)
class CGNL(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), through one number per image and group; K = C/2.

    `scale` divides it by the root of the numbers in a group. `taylor_order` 0 is the dot product,
    another the Gaussian kernel expanded to that order: one number more for each.
    The fused kernel makes θ, φ and g by one convolution, and has the grouped one as products of
    matrices.
    """

    def __init__(
        self,
        channels: int,
        *,
        groups: int = 8,
        scale: bool = False,
        taylor_order: int = 0,
        kernel: Literal["eager", "fused"] = "eager",
    ):
        super().__init__()
        inner = channels // 2
        check_options(self, groups=groups, width=inner, kernel=kernel)
        self.kernel = kernel
        if taylor_order < 0:
            raise HeadError(f"cgnl: taylor_order = {taylor_order}: expected 0 or more")
        if channels % groups or inner % groups:
            raise HeadError(
                f"cgnl: groups = {groups}: must divide C = {channels} and C/2 = {inner}"
            )
        self.channels, self.inner, self.groups = channels, inner, groups
        self.scaled, self.order = scale, taylor_order
        self.theta = nn.Conv2d(channels, inner, 1, bias=False)
        self.phi = nn.Conv2d(channels, inner, 1, bias=False)
        self.g = nn.Conv2d(channels, inner, 1, bias=False)
        self.output = nn.Conv2d(inner, channels, 1, groups=groups, bias=False)
        self.norm = nn.GroupNorm(groups, channels)

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        theta, phi, g = map(self._grouped, self._projected(x))  # B, G, 1, L
        theta, phi = self._expanded(theta), self._expanded(phi)  # B, G, T, L
        attention = phi @ g.transpose(2, 3)  # B, G, T, 1
        if self.scaled:
            attention = attention / g.shape[3] ** 0.5
        y = attention.transpose(2, 3) @ theta  # B, G, 1, L
        if self.kernel == "fused":
            # A grouped convolution of 1x1 takes torch several times as long as this.
            weights = self.output.weight.view(self.groups, -1, self.inner // self.groups)
            y = weights @ y.view(len(x), self.groups, weights.shape[2], -1)  # B, G, C/G, N
            return self.norm(y.view_as(x)).add_(x)
        return x + self.norm(self.output(y.reshape(len(x), self.inner, *x.shape[2:])))

    def _projected(self, x: Tensor) -> Sequence[Tensor]:
        layers = self.theta, self.phi, self.g
        if self.kernel == "fused":
            return F.conv2d(x, torch.cat([layer.weight for layer in layers])).chunk(3, dim=1)
        return [layer(x) for layer in layers]

    def _grouped(self, x: Tensor) -> Tensor:
        return x.unflatten(1, (self.groups, 1, -1)).flatten(3)  # B, G, 1, L = N·K/G

    def _expanded(self, x: Tensor) -> Tensor:
        if not self.order:
            return x
        terms = [x**o * _taylor(o) ** 0.5 for o in range(self.order + 1)]
        return torch.cat(terms, dim=2)

    def cost(self, x: Shape) -> Cost:
        """Three convolutions and a grouped one, two products with a vector per group: N·C."""
        terms = self.order + 1
        cost = Cost.of(x, K=self.inner, G=self.groups, T=terms)
        cost = cost.conv("θ, φ and g", "C", "K", times=3)
        if self.order:
            cost = cost.pointwise("powers of θ and φ, and their weights", "4·T·B·N·K")
        cost = cost.matmul("<φ, g>", "T·B·N·K")
        if self.scaled:
            cost = cost.pointwise("scale", "T·B·G")
        cost = cost.matmul("times θ", "T·B·N·K")
        if self.kernel == "fused":
            cost = cost.matmul("output", "B·N·C·K/G").weights("output", "C·K/G")
        else:
            cost = cost.conv("output", "K/G", "C")
        return cost.layer_norm("output: norm", "B·N·C", "C").pointwise("residual", "B·N·C")


def _taylor(order: int) -> float:
    """Coefficient of (θ·φ)^order in exp(2γ·θ·φ), times exp(-2γ)."""
    return (2 * GAMMA) ** order / factorial(order) * exp(-2 * GAMMA)
