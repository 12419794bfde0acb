"""Atrous spatial pyramid pooling: 3x3 convolutions at several rates, and the mean of the map.

Source: Chen, Papandreou, Schroff, Adam. Rethinking Atrous Convolution for Semantic Image
Segmentation, 2017, sec. 3.3, at output stride 8; zhanghang1989/PyTorch-Encoding @ ac74841,
ASPP_Module (the authors' own code is for TensorFlow).
Departs from them: the last convolution brings the branches to C, so that the block can stand where
another head does, where the module has `width` channels out: `projection="width"`. The dropout
after it is left to the network; the decoder of DeepLabv3+ reads a second map, in the whole head.
`width=512` with `fusion="3x3"` is ASPPHead of mmsegmentation up to the order of concatenation.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnbench.cost import Cost
from attnbench.heads import head
from attnbench.heads._deeplab import Decoder
from attnbench.heads._layers import check_input, check_options, conv_bn_relu, numbers
from attnbench.heads._whole import Trunk, Whole, Wiring
from attnbench.trial import Option, Shape

SIZES = {"1x1": 1, "3x3": 3}


@head(family="multi-scale", complexity="N·C·K", params=4_460_032, wiring="own")
class ASPP(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), from L branches of K = `width` channels.

    They are a 1x1 convolution, one of 3x3 for each of `rates`, and the `image_pool`. The `decoder`
    is that of DeepLabv3+; it belongs to the whole head alone.
    """

    def __init__(
        self,
        channels: int,
        *,
        rates: str = "12-24-36",
        width: int = 256,
        image_pool: bool = True,
        fusion: Literal["1x1", "3x3"] = "1x1",
        projection: Literal["channels", "width"] = "channels",
        decoder: bool = False,
    ):
        super().__init__()
        self.rates = numbers(self, "rates", rates)
        check_options(self, channels=channels, width=width, fusion=fusion, projection=projection)
        self.channels, self.width, self.decoder = channels, width, decoder
        self.made, self.size = (channels if projection == "channels" else width), SIZES[fusion]
        dilated = (conv_bn_relu(channels, width, size=3, dilation=rate) for rate in self.rates)
        self.branches = nn.ModuleList([conv_bn_relu(channels, width), *dilated])
        self.pool = conv_bn_relu(channels, width) if image_pool else None
        self.count = len(self.branches) + image_pool
        self.projection = conv_bn_relu(self.count * width, self.made, size=self.size)

    @classmethod
    def whole(cls, channels: int, **options: Option) -> nn.Module:
        """On the features, K channels out; a 3x3 after it, unless the fusion is one already."""
        block = cls(channels, **options | {"projection": "width"})
        if block.decoder:
            return Decoder(block, channels, made=block.made)
        wiring = Wiring(reduce=False, after=0 if block.size == SIZES["3x3"] else block.made)
        return Whole([Trunk(block, channels, wiring, made=block.made)])

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        maps = [branch(x) for branch in self.branches]  # B, K, H, W each
        if self.pool is not None:
            image = self.pool(x.mean(dim=(2, 3), keepdim=True))  # B, K, 1, 1
            maps.append(F.interpolate(image, x.shape[2:], mode="bilinear", align_corners=True))
        return self.projection(torch.cat(maps, dim=1))

    def cost(self, x: Shape) -> Cost:
        """The dilated convolutions lead: nine multiply-adds for each of C·K at a pixel, each."""
        cost = Cost.of(x, K=self.width, L=self.count, P=self.made)
        cost = cost.conv_bn_relu("1x1", "C", "K")
        cost = cost.conv_bn_relu("dilated", "C", "K", kernel="9", times=len(self.rates))
        if self.pool is not None:
            cost = cost.reduction("image: mean", "B·N·C")
            cost = cost.conv_bn_relu("image", "C", "K", at="B")
            cost = cost.bilinear("image: to every pixel", "B·N·K")
        return cost.conv_bn_relu("projection", "L·K", "P", kernel=str(self.size**2))
