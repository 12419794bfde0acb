"""Squeeze and excitation: two layers on the mean of the pixels give every channel its gate.

Source: Hu, Shen, Sun. Squeeze-and-Excitation Networks, CVPR 2018, eq. 2 to 4;
moskomule/senet.pytorch @ 8cb2669, SELayer. The authors' own code, hujie-frank/SENet, is for Caffe:
its layers have biases, which the paper omits and `bias=True` gives.
`variant` 1 to 3 are those of Wang, Wu, Zhu, Li, Zuo, Hu. ECA-Net, CVPR 2020, table 2: a gate
without parameters, with a weight for each channel, with a C x C matrix.
Departs from that code: its linear layers are 1x1 convolutions of one pixel.
"""

from typing import Literal

from torch import Tensor, nn

from attnbench.cost import Cost
from attnbench.heads import head
from attnbench.heads._layers import check_input, check_options
from attnbench.trial import Shape


@head(family="channel", complexity="N·C + C²", params=32_768)
class SE(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), each channel times its gate; R = C / `reduction`, 1 at least.

    `reduction` is of the variant `bottleneck` alone.
    """

    def __init__(
        self,
        channels: int,
        *,
        variant: Literal["bottleneck", "var1", "var2", "var3"] = "bottleneck",
        reduction: int = 16,
        bias: bool = False,
    ):
        super().__init__()
        check_options(self, channels=channels, variant=variant, reduction=reduction)
        self.channels, self.variant, self.bias = channels, variant, bias
        self.inner = max(channels // reduction, 1)
        self.gate = nn.Sequential(*self._layers(), nn.Sigmoid())

    def _layers(self) -> list[nn.Module]:
        c, r = self.channels, self.inner
        if self.variant == "bottleneck":
            down, up = nn.Conv2d(c, r, 1, bias=self.bias), nn.Conv2d(r, c, 1, bias=self.bias)
            return [down, nn.ReLU(), up]
        if self.variant == "var1":
            return []
        return [nn.Conv2d(c, c, 1, groups=c if self.variant == "var2" else 1, bias=self.bias)]

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        return x * self.gate(x.mean(dim=(2, 3), keepdim=True))

    def cost(self, x: Shape) -> Cost:
        """One pass to average, one to scale; the layers see one pixel of an image."""
        cost = Cost.of(x, R=self.inner).reduction("squeeze", "B·N·C")
        once = {"bias": self.bias, "at": "B"}
        if self.variant == "bottleneck":
            cost = cost.conv("down", "C", "R", **once).pointwise("ReLU", "B·R")
            cost = cost.conv("up", "R", "C", **once)
        elif self.variant != "var1":
            cost = cost.conv("weights", "1" if self.variant == "var2" else "C", "C", **once)
        return cost.pointwise("sigmoid", "B·C").pointwise("scale", "B·N·C")
