"""Global context block: one attention map for all queries, its context added to every pixel.

Source: Cao, Xu, Lin, Wei, Hu. GCNet: Non-local Networks Meet Squeeze-Excitation Networks and
Beyond, ICCV workshops 2019, fig. 4(d); xvjiarui/GCNet @ 029db54, ContextBlock.
Departs from that code's default in nothing but `reduction`: 4 as in its segmentation heads, where
detection takes 16. `transform="single"` is the simplified non-local block of fig. 4(b), which that
code has not: one convolution, with bias and from 0 as the last one of the bottleneck.
"""

from typing import Literal

from torch import Tensor, nn

from attnbench.cost import Cost
from attnbench.heads import head
from attnbench.heads._layers import check_input, check_options, zero_
from attnbench.trial import Shape

FUSIONS = {"multiply": ("multiply",), "add": ("add",), "both": ("multiply", "add")}


@head(family="global", complexity="N·C", params=132_481, maps=("affinity",), wiring="surrounded")
class GC(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), through one map of HW per image; R = C / `reduction`.

    `reduction` is of the bottleneck alone.
    """

    def __init__(
        self,
        channels: int,
        *,
        reduction: int = 4,
        pool: Literal["attention", "average"] = "attention",
        transform: Literal["bottleneck", "single"] = "bottleneck",
        fusion: Literal["add", "multiply", "both"] = "add",
    ):
        super().__init__()
        check_options(self, reduction=reduction, pool=pool, transform=transform, fusion=fusion)
        check_options(self, width=channels // reduction)
        self.channels, self.inner = channels, channels // reduction
        self.single = transform == "single"
        self.mask = nn.Conv2d(channels, 1, 1) if pool == "attention" else None
        self.affinity = nn.Identity()
        self.transforms = nn.ModuleDict({name: self._transform() for name in FUSIONS[fusion]})

    def _transform(self) -> nn.Module:
        if self.single:
            return zero_(nn.Conv2d(self.channels, self.channels, 1))
        return nn.Sequential(
            nn.Conv2d(self.channels, self.inner, 1),
            nn.LayerNorm([self.inner, 1, 1]),
            nn.ReLU(),
            zero_(nn.Conv2d(self.inner, self.channels, 1)),
        )

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        context = self._context(x)  # B, C, 1, 1
        for name, transform in self.transforms.items():
            y = transform(context)  # B, C, 1, 1
            x = x * y.sigmoid() if name == "multiply" else x + y
        return x

    def _context(self, x: Tensor) -> Tensor:
        if self.mask is None:
            return x.mean(dim=(2, 3), keepdim=True)
        attention = self.affinity(self.mask(x).flatten(2).softmax(dim=-1))  # B, 1, N
        return (x.flatten(2) @ attention.transpose(1, 2)).unsqueeze(-1)

    def cost(self, x: Shape) -> Cost:
        """A map and a weighted sum of the pixels, then two layers on one vector: N·C."""
        cost = Cost.of(x, R=self.inner)
        if self.mask is None:
            cost = cost.reduction("context", "B·N·C")
        else:
            cost = cost.conv("mask", "C", "1", bias=True).softmax("affinity", "B·N")
            cost = cost.matmul("context", "B·N·C")
        for name in self.transforms:
            cost = self._transform_cost(cost, name).pointwise(name, "B·N·C")
            cost = cost.pointwise("sigmoid", "B·C") if name == "multiply" else cost
        return cost

    def _transform_cost(self, cost: Cost, name: str) -> Cost:
        if self.single:
            return cost.conv(f"{name}: transform", "C", "C", bias=True, at="B")
        return (
            cost.conv(f"{name}: down", "C", "R", bias=True, at="B")
            .layer_norm(f"{name}: norm", "B·R", "R")
            .pointwise(f"{name}: ReLU", "B·R")
            .conv(f"{name}: up", "R", "C", bias=True, at="B")
        )
