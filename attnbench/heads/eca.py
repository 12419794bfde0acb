"""Efficient channel attention: a gate for each channel from the means of its few neighbours.

Source: Wang, Wu, Zhu, Li, Zuo, Hu. ECA-Net: Efficient Channel Attention for Deep Convolutional
Neural Networks, CVPR 2020, eq. 9 and 12; BangguWu/ECANet @ b332f6b, eca_layer.
Departs from the paper as that code does: the kernel is a number that the caller chooses, 3 by
default. `kernel_size=0` takes it from C, as the layer leaves to its caller: by eq. 12, or with
`rule="released"` 3, 5, 5, 7 for the stages of a ResNet of bottlenecks, the 80 parameters of the
paper's table 3, where eq. 12 gives 5, 5, 5, 7.
"""

from math import log2
from typing import Literal

from torch import Tensor, nn

from attnbench.cost import Cost
from attnbench.errors import HeadError
from attnbench.heads import head
from attnbench.heads._layers import check_input, check_options
from attnbench.trial import Shape


@head(family="channel", complexity="N·C", params=3)
class ECA(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), each channel times its gate; k is the size of the kernel.

    `rule` is of `kernel_size=0` alone.
    """

    def __init__(
        self,
        channels: int,
        *,
        kernel_size: int = 3,
        rule: Literal["printed", "released"] = "printed",
    ):
        super().__init__()
        check_options(self, channels=channels, rule=rule)
        if kernel_size < 0 or (kernel_size and kernel_size % 2 == 0):
            raise HeadError(f"eca: kernel_size = {kernel_size}: expected an odd number, or 0: by C")
        by_channels = adaptive_size if rule == "printed" else released_size
        self.channels, self.size = channels, kernel_size or by_channels(channels)
        self.conv = nn.Conv1d(1, 1, self.size, padding=self.size // 2, bias=False)
        self.gate = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        means = x.mean(dim=(2, 3)).unsqueeze(1)  # B, 1, C
        gate = self.gate(self.conv(means))  # B, 1, C
        return x * gate.transpose(1, 2).unsqueeze(3)

    def cost(self, x: Shape) -> Cost:
        """One pass to average, one to scale, and k multiply-adds a channel between them."""
        return (
            Cost.of(x, k=self.size)
            .reduction("means", "B·N·C")
            .conv("neighbours", "1", "1", kernel="k", at="B·C")
            .pointwise("sigmoid", "B·C")
            .pointwise("scale", "B·N·C")
        )


def adaptive_size(channels: int) -> int:
    """Eq. 12 with γ = 2 and b = 1: (log2(C) + 1) / 2 without its fraction, made odd upwards."""
    size = int((log2(channels) + 1) / 2)
    return size if size % 2 else size + 1


def released_size(channels: int) -> int:
    """3 up to 256 channels, 5 up to 1024, 7 above: the k_size=[3, 5, 5, 7] of eca_resnet50."""
    return 3 if channels <= 256 else 5 if channels <= 1024 else 7
