"""The decoder of DeepLabv3+: a finer map from an early stage sharpens what ASPP found.

Source: Chen, Zhu, Papandreou, Schroff, Adam. Encoder-Decoder with Atrous Separable Convolution for
Semantic Image Segmentation, ECCV 2018, sec. 3.1 and 4.1: 48 channels of the early map, then two 3x3
convolutions of 256.
Departs from it: plain 3x3 convolutions, as for its ResNet encoder; separable ones go with Xception.
"""

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnbench.cost import Cost
from attnbench.errors import HeadError
from attnbench.heads._layers import check_input, check_options, conv_bn_relu
from attnbench.kinds import CLASSES
from attnbench.trial import Shape

REDUCED, REFINED = 48, 256
STAGE = 8  # the features have eight times the channels of the early stage, 2048 to 256 in a ResNet


class Decoder(nn.Module):
    """(N, F, H, W), and G = F/8 channels at 2H x 2W of an early stage -> (N, CLASSES, 2H, 2W).

    The early map may be a row or a column short of that, as behind an image of odd sides.
    """

    head = "aspp"
    finer = 2  # from output stride 8 to 4

    def __init__(self, block: nn.Module, channels: int, *, made: int):
        super().__init__()
        early = channels // STAGE
        check_options(self, channels=early)
        self.channels, self.early, self.made, self.earlier = channels, early, made, (early,)
        self.block = block
        self.reduction = conv_bn_relu(early, REDUCED)
        first = conv_bn_relu(made + REDUCED, REFINED, size=3)
        self.refinement = nn.Sequential(first, conv_bn_relu(REFINED, REFINED, size=3))
        self.classifier = nn.Conv2d(REFINED, CLASSES, 1)

    def forward(self, x: Tensor, earlier: Tensor) -> Tensor:
        check_input(self, x)
        n, _, h, w = x.shape
        wanted, got = (n, self.early, self.finer * h, self.finer * w), tuple(earlier.shape)
        short = [most - side for most, side in zip(wanted[2:], got[2:], strict=False)]
        if got[:2] != wanted[:2] or not set(short) <= {0, 1}:
            raise HeadError(f"aspp: expected an early map of {wanted}, got {got}")
        y = F.interpolate(self.block(x), got[2:], mode="bilinear", align_corners=True)
        y = torch.cat([self.reduction(earlier), y], dim=1)  # B, 48 + Y, 2H, 2W
        return self.classifier(self.refinement(y))

    def cost(self, x: Shape) -> Cost:
        """ASPP at H x W, then convolutions at 2H x 2W, four times the pixels."""
        inner = {"Y": self.made, "G": self.early, "D": REDUCED, "E": REFINED, "J": CLASSES}
        cost, at = self.block.cost(x), f"{self.finer**2}·B·N"
        cost = replace(cost, symbols=cost.symbols | inner)
        cost = cost.bilinear("decoder: enlarging", f"{at}·Y")
        cost = cost.conv_bn_relu("decoder: early map", "G", "D", at=at)
        for name, inputs in (("first", "(D + Y)"), ("second", "E")):
            cost = cost.conv_bn_relu(f"decoder: {name}", inputs, "E", kernel="9", at=at)
        return cost.conv("decoder: classifier", "E", "J", bias=True, at=at)
