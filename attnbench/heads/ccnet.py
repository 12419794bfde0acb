"""Criss-cross attention: a pixel attends to its own row and column; two passes reach every pixel.

Source: Huang, Wang, Huang, Huang, Wei, Liu. CCNet: Criss-Cross Attention for Semantic
Segmentation, ICCV 2019, sec. 3.2 and 3.3; speedinghzl/CCNet @ 1fae6c6, CrissCrossAttention of
cc_attention/functions.py, and its recurrence in networks/ccnet.py.
Departs from that code: the logit of a pixel with itself in its column is overwritten by minus
infinity, where a matrix with that diagonal is added; the 3x3 convolutions around are the network's.
"""

from dataclasses import replace

import torch
from torch import Tensor, nn

from attnbench.cost import Cost
from attnbench.heads import head
from attnbench.heads._layers import check_input, check_options
from attnbench.heads._whole import WIDTH, WIRINGS, Trunk, Whole
from attnbench.trial import Option, Shape


@head(
    family="factorised",
    complexity="N·(H + W)·C·R: N·√N·C",
    params=328_321,
    maps=("affinity",),
    wiring="own",
)
class CCNet(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), through an HW x (H + W) map per image and pass.

    The `recurrence` R passes share their weights; K = C / `reduction`.
    """

    def __init__(self, channels: int, *, recurrence: int = 2, reduction: int = 8):
        super().__init__()
        check_options(self, recurrence=recurrence, reduction=reduction)
        check_options(self, width=channels // reduction)
        self.channels, self.inner, self.recurrence = channels, channels // reduction, recurrence
        self.query = nn.Conv2d(channels, self.inner, 1)
        self.key = nn.Conv2d(channels, self.inner, 1)
        self.value = nn.Conv2d(channels, channels, 1)
        self.affinity = nn.Identity()
        self.gamma = nn.Parameter(torch.zeros(1))

    @classmethod
    def whole(cls, channels: int, **options: Option) -> Whole:
        """Surrounded, with InPlaceABN's leaky ReLU."""
        wiring = replace(WIRINGS["surrounded"], slope=0.01)
        return Whole([Trunk(cls(WIDTH, **options), channels, wiring)])

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        for _ in range(self.recurrence):
            x = self.gamma * self._context(x) + x
        return x

    def _context(self, x: Tensor) -> Tensor:
        query, key, value = self.query(x), self.key(x), self.value(x)
        column = _columns(query) @ _columns(key).transpose(2, 3)  # B, W, H, H
        column.diagonal(dim1=2, dim2=3).fill_(float("-inf"))  # a pixel is in its row already
        row = _rows(query) @ _rows(key).transpose(2, 3)  # B, H, W, W
        logits = torch.cat([column.transpose(1, 2), row], dim=3)  # B, H, W, H + W
        column, row = self.affinity(logits.softmax(dim=-1)).split(x.shape[2:], dim=3)
        of_column = (column.transpose(1, 2) @ _columns(value)).permute(0, 3, 2, 1)  # B, C, H, W
        of_row = (row @ _rows(value)).permute(0, 3, 1, 2)  # B, C, H, W
        return of_column + of_row

    def cost(self, x: Shape) -> Cost:
        """R times three convolutions and two products over H + W pixels for each: N·√N."""
        return (
            Cost.of(x, K=self.inner, R=self.recurrence)
            .conv("query", "C", "K", bias=True, at="R·B·N")
            .conv("key", "C", "K", bias=True, at="R·B·N")
            .conv("value", "C", "C", bias=True, at="R·B·N")
            .matmul("logits", "R·B·N·(H + W)·K")
            .softmax("affinity", "R·B·N·(H + W)")
            .matmul("context", "R·B·N·(H + W)·C")
            .weights("γ", "1")
            .pointwise("column + row, γ, residual", "3·R·B·N·C")
        )


def _columns(x: Tensor) -> Tensor:
    return x.permute(0, 3, 2, 1)  # B, W, H, C


def _rows(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1)  # B, H, W, C
