"""Pyramid pooling: means over 1, 4, 9 and 36 windows of the map join every pixel.

Source: Zhao, Shi, Qi, Wang, Jia. Pyramid Scene Parsing Network, CVPR 2017, sec. 3.2;
hszhao/semseg @ 4f274c3, PPM, and the 3x3 convolution that PSPNet puts after it.
That module ends with the concatenation, of C + 4·K channels: `fusion="none"`. The convolution
brings them back to C here, to 512 in PSPNet, with a dropout that is left to the network.
`width=512` with `align_corners=False` is PSPHead of mmsegmentation.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnbench.cost import Cost
from attnbench.heads import head
from attnbench.heads._layers import check_input, check_options, conv_bn_relu, numbers
from attnbench.heads._whole import WIDTH, Trunk, Whole, Wiring
from attnbench.trial import Option, Shape


@head(family="multi-scale", complexity="N·C²", params=4_982_784, wiring="own")
class PPM(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), through L maps of b x b means, for each b of `bins`.

    `width` is the K of a map, 0 for C/L. Without `fusion` there are C + L·K channels out.
    """

    def __init__(
        self,
        channels: int,
        *,
        bins: str = "1-2-3-6",
        width: int = 0,
        align_corners: bool = True,
        fusion: Literal["conv_bn_relu", "none"] = "conv_bn_relu",
    ):
        super().__init__()
        self.bins = numbers(self, "bins", bins)
        self.width = width or max(channels // len(self.bins), 1)
        check_options(self, channels=channels, width=self.width, fusion=fusion)
        self.channels, self.align_corners = channels, align_corners
        self.branches = nn.ModuleList(conv_bn_relu(channels, self.width) for _ in self.bins)
        joined = channels + len(self.bins) * self.width
        self.fusion = conv_bn_relu(joined, channels, size=3) if fusion != "none" else None
        self.made = joined if self.fusion is None else channels

    @classmethod
    def whole(cls, channels: int, **options: Option) -> Whole:
        """On the features; a 3x3 to WIDTH channels is the fusion."""
        block = cls(channels, **options | {"fusion": "none"})
        wiring = Wiring(reduce=False, after=WIDTH)
        return Whole([Trunk(block, channels, wiring, made=block.made)])

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        maps = [x]
        for size, branch in zip(self.bins, self.branches, strict=True):
            y = branch(F.adaptive_avg_pool2d(x, size))  # B, K, b, b
            how = {"mode": "bilinear", "align_corners": self.align_corners}
            maps.append(F.interpolate(y, x.shape[2:], **how))  # B, K, H, W
        y = torch.cat(maps, dim=1)  # B, C + L·K, H, W
        return y if self.fusion is None else self.fusion(y)

    def cost(self, x: Shape) -> Cost:
        """The 3x3 convolution leads: nine multiply-adds for each of C + L·K times C at a pixel."""
        cost = Cost.of(x, K=self.width, L=len(self.bins))
        for size in self.bins:
            name, cells = f"{size}x{size}", f"B·{size**2}"
            cost = cost.adaptive_mean(f"{name}: means", "B·C", size, size)
            cost = cost.conv_bn_relu(name, "C", "K", at=cells)
            cost = cost.bilinear(f"{name}: to every pixel", "B·N·K")
        if self.fusion is None:
            return cost
        return cost.conv_bn_relu("fusion", "(C + L·K)", "C", kernel="9")
