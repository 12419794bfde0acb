"""A 3x3 convolution with batch norm and ReLU: what an attention head is held against.

Source: Long, Shelhamer, Darrell. Fully Convolutional Networks for Semantic Segmentation,
CVPR 2015; as one convolution of mmsegmentation's FCNHead, which its attention heads extend.
"""

from torch import Tensor, nn

from attnbench.cost import Cost
from attnbench.heads import head
from attnbench.heads._layers import check_input, check_options, conv_bn_relu
from attnbench.trial import Shape


@head(family="convolution", complexity="N·C²", params=2_360_320, wiring="joined")
class FCN(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), each pixel from the nine around it."""

    def __init__(self, channels: int):
        super().__init__()
        check_options(self, channels=channels)
        self.channels = channels
        self.block = conv_bn_relu(channels, channels, size=3)

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        return self.block(x)

    def cost(self, x: Shape) -> Cost:
        """Nine multiply-adds for each pair of channels at each pixel."""
        return Cost.of(x).conv_bn_relu("3x3 convolution", "C", "C", kernel="9")
