"""Context encoding: the residuals of all pixels to a codebook give every channel its gate.

Source: Zhang, Dana, Shi, Zhang, Wang, Tyagi, Agrawal. Context Encoding for Semantic Segmentation,
CVPR 2018, eq. 1 and sec. 3; zhanghang1989/PyTorch-Encoding @ ac74841, EncModule.
Departs from the paper as that code does: the codes are averaged, where the paper sums them
(`aggregate="sum"`), and the gated map is added to the input before a ReLU.
Departs from that code: distances and residuals are products of matrices, the same function
without a tensor of N x K x C, and the fully connected layer is a 1x1 convolution. The classifier
of its loss on which classes there are, 513 parameters a class at C = 512, is left to the network.
Its CPU kernel gives the codewords the distances' gradient with the sign reversed; its CUDA kernel
does not, nor does this.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnbench.cost import Cost
from attnbench.heads import head
from attnbench.heads._layers import check_input, check_options, conv_bn_relu
from attnbench.heads._whole import WIDTH, Trunk, Whole
from attnbench.trial import Option, Shape


@head(
    family="global", complexity="N·C² + N·K·C", params=542_304, maps=("assignment",), wiring="own"
)
class Enc(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), through an HW x K map per image; K is `codewords`."""

    def __init__(
        self, channels: int, *, codewords: int = 32, aggregate: Literal["mean", "sum"] = "mean"
    ):
        super().__init__()
        check_options(self, channels=channels, codewords=codewords, aggregate=aggregate)
        self.channels, self.count, self.aggregate = channels, codewords, aggregate
        self.input = conv_bn_relu(channels, channels)
        bound = (codewords * channels) ** -0.5
        self.codewords = nn.Parameter(torch.empty(codewords, channels).uniform_(-bound, bound))
        self.scale = nn.Parameter(torch.empty(codewords).uniform_(-1, 0))
        self.assignment = nn.Identity()
        self.norm = nn.BatchNorm1d(codewords)
        self.gate = nn.Sequential(nn.Conv2d(channels, channels, 1), nn.Sigmoid())

    @classmethod
    def whole(cls, channels: int, **options: Option) -> Whole:
        """Plain; the idle classifier is that of the loss on which classes there are."""
        return Whole([Trunk(cls(WIDTH, **options), channels)], idle=1)

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        codes = F.relu(self.norm(self.codes(self.input(x).flatten(2))))  # B, K, C
        code = codes.mean(dim=1) if self.aggregate == "mean" else codes.sum(dim=1)  # B, C
        return F.relu(x + x * self.gate(code[..., None, None]))

    def codes(self, x: Tensor) -> Tensor:
        """(B, C, N) -> (B, K, C): for each codeword the sum of a·(x - c) over the pixels."""
        c = self.codewords  # K, C
        squares = x.square().sum(dim=1).unsqueeze(2) + c.square().sum(dim=1)  # B, N, K
        twice = (-2 * c.T).expand(x.shape[0], -1, -1)  # B, C, K
        distances = squares + x.transpose(1, 2) @ twice  # B, N, K: |x|² + |c|² - 2·x·c
        a = self.assignment((self.scale * distances).softmax(dim=2))  # B, N, K
        return (x @ a).transpose(1, 2) - a.sum(dim=1).unsqueeze(2) * c

    def cost(self, x: Shape) -> Cost:
        """A convolution, and two products of N·K·C: distances and sums of residuals."""
        cost = (
            Cost.of(x, K=self.count)
            .conv_bn_relu("input", "C", "C")
            .weights("codewords and scale", "K·C + K")
            .pointwise("distances: squares, -2·c", "B·N·C + 2·K·C")
            .reduction("distances: their sums", "B·N·C + K·C")
            .matmul("distances: product", "B·N·K·C")
            .pointwise("distances: sums, scale", "3·B·N·K")
            .softmax("assignment", "B·N·K")
            .matmul("codes: product", "B·N·K·C")
            .reduction("codes: sum of assignments", "B·N·K")
            .pointwise("codes: product with c, difference", "2·B·K·C")
            .batch_norm("codes: norm", "K", at="B·C")
            .pointwise("codes: ReLU", "B·K·C")
            .reduction("code", "B·K·C")
        )
        cost = cost.conv("gate", "C", "C", bias=True, at="B").pointwise("gate: sigmoid", "B·C")
        return cost.pointwise("gate, residual, ReLU", "3·B·N·C")
