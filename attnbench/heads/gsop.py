"""Global second-order pooling: gates from how the channels, or the positions, vary together.

Source: Gao, Xie, Wang, Li. Global Second-order Pooling Convolutional Networks, CVPR 2019,
sec. 3.1 and 3.2; ZilinGao/Global-Second-order-Pooling-Convolutional-Networks @ 662a699, chan_att
and pos_att of Bottleneck.
Departs from the paper as that code does: nothing follows the row-wise convolution in the channel
branch. In the position branch the matrix is averaged as if over the 64 cells, where its samples
are the d channels (`constants="covariance"` takes those), and the gate grows by average pooling.
Departs from that code: X is centred by subtraction; `centring="matrix"` multiplies it by the M x M
matrix I/M - 11ᵀ/M² as released, which is quadratic in the pixels. The stride of 2 that the
code takes at 256 channels is left out.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnbench.cost import Cost
from attnbench.heads import head
from attnbench.heads._layers import check_input, check_options
from attnbench.trial import Shape

CELLS = 8  # rows and columns to which the position branch pools the map


@head(family="channel", complexity="N·C·d + N·d²", params=394_880)
class GSoP(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), through an R x R matrix of M samples: d and N, or 64 and d.

    `width` is d, `outputs` what the row-wise convolution makes of each row.
    """

    def __init__(
        self,
        channels: int,
        *,
        branch: Literal["channel", "position"] = "channel",
        width: int = 128,
        outputs: int = 4,
        constants: Literal["released", "covariance"] = "released",
        centring: Literal["subtract", "matrix"] = "subtract",
    ):
        super().__init__()
        check_options(self, channels=channels, branch=branch, width=width, outputs=outputs)
        check_options(self, constants=constants, centring=centring)
        self.channels, self.width, self.outputs = channels, width, outputs
        self.of_channels, self.centring = branch == "channel", centring
        self.as_if_rows = constants == "released" and not self.of_channels
        self.rows = width if self.of_channels else CELLS**2
        self.input = nn.Conv2d(channels, width, 1)
        self.input_norm = nn.BatchNorm2d(width)
        self.row_norm = nn.BatchNorm2d(self.rows)
        of_rows = {"kernel_size": (self.rows, 1), "groups": self.rows}
        self.row_conv = nn.Conv2d(self.rows, outputs * self.rows, **of_rows)
        gates = channels if self.of_channels else self.rows
        self.gate = nn.Sequential(nn.Conv2d(outputs * self.rows, gates, 1), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        y = self.input_norm(self.input(F.relu(x)))  # B, d, H, W
        if self.of_channels:
            return x * self._gate(F.relu(y).flatten(2))
        cells = F.adaptive_avg_pool2d(y, CELLS).flatten(2)  # B, d, 64
        gate = self._gate(cells.transpose(1, 2)).view(-1, 1, CELLS, CELLS)
        return F.relu(x * F.adaptive_avg_pool2d(gate, x.shape[2:]))

    def _gate(self, y: Tensor) -> Tensor:
        rows = self.row_conv(self.row_norm(self.second_order(y).unsqueeze(3)))  # B, O·R, 1, 1
        return self.gate(rows if self.of_channels else F.relu(rows))

    def second_order(self, y: Tensor) -> Tensor:
        """(B, R, M) -> (B, R, R): Y·Yᵀ/n - u·uᵀ/n² with u the sums of the rows of Y."""
        samples = y.shape[2]
        n = self.rows if self.as_if_rows else samples
        if self.centring == "subtract":
            mean = y.mean(dim=2, keepdim=True) * (samples / n)
            return y @ ((y - mean) / n).transpose(1, 2)
        matrix = torch.full((samples, samples), -1 / n**2, dtype=y.dtype, device=y.device)
        matrix.diagonal().add_(1 / n)
        return y @ matrix @ y.transpose(1, 2)

    def cost(self, x: Shape) -> Cost:
        """Two products a pixel, with the input convolution and for the matrix: N·C·d + N·d²."""
        samples, gates = (x.pixels, "C") if self.of_channels else (self.width, "R")
        cost = Cost.of(x, D=self.width, R=self.rows, M=samples, O=self.outputs)
        cost = cost.pointwise("ReLU", "B·N·C").conv("input", "C", "D", bias=True)
        cost = cost.batch_norm("input: norm", "D")
        if self.of_channels:
            cost = cost.pointwise("input: ReLU", "B·N·D")
        else:
            cost = cost.adaptive_mean("cells", "B·D", CELLS, CELLS)
        if self.centring == "subtract":
            cost = cost.reduction("means", "B·R·M").pointwise("centring", "B·R + 2·B·R·M")
        else:
            cost = cost.pointwise("centring matrix", "M").matmul("centring", "B·R·M²")
        cost = (
            cost.matmul("second order", "B·R²·M")
            .batch_norm("rows: norm", "R", at="B·R")
            .conv("rows", "1", "O·R", kernel="R", bias=True, at="B")
            .conv("gate", "O·R", gates, bias=True, at="B")
            .pointwise("gate: sigmoid", f"B·{gates}")
            .pointwise("scale", "B·N·C")
        )
        if self.of_channels:
            return cost
        cost = cost.pointwise("rows: ReLU", "B·O·R").pointwise("scale: ReLU", "B·N·C")
        return cost.adaptive_mean("gate of every pixel", "B", CELLS, CELLS)
