"""Efficient channel attention: a gate for each channel from the means of its few neighbours.

Source: Wang, Wu, Zhu, Li, Zuo, Hu. ECA-Net: Efficient Channel Attention for Deep Convolutional
Neural Networks, CVPR 2020, eq. 9 and 12; BangguWu/ECANet @ b332f6b, eca_layer.
Departs from the paper as that code does: the kernel is a number that the caller chooses, 3 by
default. `kernel_size=0` takes it from C by eq. 12, as the layer leaves to its caller.
"""

from math import log2

from torch import Tensor, nn

from attnbench.cost import Cost
from attnbench.errors import HeadError
from attnbench.heads import head
from attnbench.heads._layers import check_input, check_options
from attnbench.trial import Shape


@head(family="channel", complexity="N·C", params=3)
class ECA(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), each channel times its gate; k is the size of the kernel."""

    def __init__(self, channels: int, *, kernel_size: int = 3):
        super().__init__()
        check_options(self, channels=channels)
        if kernel_size < 0 or (kernel_size and kernel_size % 2 == 0):
            raise HeadError(f"eca: kernel_size = {kernel_size}: expected an odd number, or 0: by C")
        self.channels, self.size = channels, kernel_size or adaptive_size(channels)
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
