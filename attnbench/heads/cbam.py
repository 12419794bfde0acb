"""CBAM: a gate for every channel, then a gate for every pixel, each from means and maxima.

Source: Woo, Park, Lee, Kweon. CBAM: Convolutional Block Attention Module, ECCV 2018, eq. 1 to 3;
Jongchan/attention-module @ 459efad, CBAM.
Departs from the paper as that code does: the two layers of the channel gate have biases, which
`bias=False` takes away, the 7x7 convolution reads the maximum before the mean, and a batch norm
follows it.
Departs from that code: the linear layers are 1x1 convolutions of one pixel.
"""

import torch
from torch import Tensor, nn

from attnbench.cost import Cost
from attnbench.errors import HeadError
from attnbench.heads import head
from attnbench.heads._layers import check_input, check_options
from attnbench.trial import Shape


@head(family="channel", complexity="N·C + C²", params=33_412)
class CBAM(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), through C, then HW gates; R = C / `reduction`, 1 at least.

    `channel` and `spatial` say which of the two gates there are; `bias` is of the layers of the
    first, `kernel_size` of the second.
    """

    def __init__(
        self,
        channels: int,
        *,
        reduction: int = 16,
        kernel_size: int = 7,
        bias: bool = True,
        channel: bool = True,
        spatial: bool = True,
    ):
        super().__init__()
        check_options(self, channels=channels, reduction=reduction, kernel_size=kernel_size)
        if kernel_size % 2 == 0:
            raise HeadError(f"cbam: kernel_size = {kernel_size}: expected an odd number")
        if not channel and not spatial:
            raise HeadError("cbam: channel and spatial are off: expected one gate at least")
        self.channels, self.inner, self.bias = channels, max(channels // reduction, 1), bias
        self.channel = self._channel_gate() if channel else None
        self.spatial = self._spatial_gate(kernel_size) if spatial else None
        self.size, self.sigmoid = kernel_size, nn.Sigmoid()

    def _channel_gate(self) -> nn.Sequential:
        down, up = (self.channels, self.inner), (self.inner, self.channels)
        first, second = (nn.Conv2d(*widths, 1, bias=self.bias) for widths in (down, up))
        return nn.Sequential(first, nn.ReLU(), second)

    def _spatial_gate(self, size: int) -> nn.Sequential:
        conv = nn.Conv2d(2, 1, size, padding=size // 2, bias=False)
        return nn.Sequential(conv, nn.BatchNorm2d(1, momentum=0.01))

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        if self.channel is not None:
            mean = x.mean(dim=(2, 3), keepdim=True)  # B, C, 1, 1
            peak = x.flatten(2).max(dim=2).values[..., None, None]  # B, C, 1, 1
            x = x * self.sigmoid(self.channel(mean) + self.channel(peak))
        if self.spatial is not None:
            peak, mean = x.max(dim=1, keepdim=True).values, x.mean(dim=1, keepdim=True)
            x = x * self.sigmoid(self.spatial(torch.cat([peak, mean], dim=1)))  # B, 1, H, W
        return x

    def cost(self, x: Shape) -> Cost:
        """Four passes to pool, two to scale; k² multiply-adds a pixel between them."""
        cost = Cost.of(x, R=self.inner, k=self.size)
        if self.channel is not None:
            cost = (
                cost.reduction("channel: mean and maximum", "2·B·N·C")
                .conv("channel: down", "C", "R", bias=self.bias, at="2·B")
                .pointwise("channel: ReLU", "2·B·R")
                .conv("channel: up", "R", "C", bias=self.bias, at="2·B")
                .pointwise("channel: sum, sigmoid", "2·B·C")
                .pointwise("channel: scale", "B·N·C")
            )
        if self.spatial is not None:
            cost = (
                cost.reduction("spatial: maximum and mean", "2·B·N·C")
                .conv("spatial: neighbours", "2", "1", kernel="k²")
                .batch_norm("spatial: norm", "1")
                .pointwise("spatial: sigmoid", "B·N")
                .pointwise("spatial: scale", "B·N·C")
            )
        return cost
