"""BAM: one gate for every channel of every pixel, from a channel and a spatial branch.

Source: Park, Woo, Lee, Kweon. BAM: Bottleneck Attention Module, BMVC 2018, eq. 1 to 4;
Jongchan/attention-module @ 459efad, BAM.
Departs from the paper as that code does: the two maps are multiplied, where the paper adds them
(`combination="sum"`), and no batch norm ends a branch.
Departs from that code: it pools with a square window of side H, so only square maps pass, and
reads a name that it does not define; here any map passes. Linear layers are 1x1 convolutions.
"""

from typing import Literal

from torch import Tensor, nn

from attnbench.cost import Cost
from attnbench.heads import head
from attnbench.heads._layers import check_input, check_options, conv_bn_relu
from attnbench.trial import Shape


@head(family="channel", complexity="N·C·R, with R = C/16", params=68_513)
class BAM(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), through a C x HW gate; R = C / `reduction`, 1 at least.

    `dilation` is of the two 3x3 convolutions of the spatial branch.
    """

    def __init__(
        self,
        channels: int,
        *,
        combination: Literal["product", "sum"] = "product",
        reduction: int = 16,
        dilation: int = 4,
    ):
        super().__init__()
        check_options(self, channels=channels, combination=combination, reduction=reduction)
        check_options(self, dilation=dilation)
        self.channels, self.combination = channels, combination
        self.inner = r = max(channels // reduction, 1)
        up = nn.Conv2d(r, channels, 1)
        self.channel = nn.Sequential(conv_bn_relu(channels, r, bias=True), up)
        wide = {"size": 3, "dilation": dilation, "bias": True}
        self.spatial = nn.Sequential(
            conv_bn_relu(channels, r, bias=True),
            conv_bn_relu(r, r, **wide),
            conv_bn_relu(r, r, **wide),
            nn.Conv2d(r, 1, 1),
        )
        self.sigmoid = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        channel = self.channel(x.mean(dim=(2, 3), keepdim=True))  # B, C, 1, 1
        spatial = self.spatial(x)  # B, 1, H, W
        both = channel * spatial if self.combination == "product" else channel + spatial
        return x * (1 + self.sigmoid(both))

    def cost(self, x: Shape) -> Cost:
        """The spatial branch leads: C·R + 18·R² multiply-adds a pixel."""
        cost = Cost.of(x, R=self.inner).reduction("channel: mean", "B·N·C")
        cost = cost.conv_bn_relu("channel: down", "C", "R", bias=True, at="B")
        cost = cost.conv("channel: up", "R", "C", bias=True, at="B")
        cost = cost.conv_bn_relu("spatial: down", "C", "R", bias=True)
        cost = cost.conv_bn_relu("spatial: wide", "R", "R", kernel="9", bias=True, times=2)
        cost = cost.conv("spatial: map", "R", "1", bias=True)
        return cost.pointwise("combination, sigmoid, plus 1, scale", "4·B·N·C")
