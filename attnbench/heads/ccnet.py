"""Criss-cross attention: a pixel attends to its own row and column; two passes reach every pixel.

Source: Huang, Wang, Huang, Huang, Wei, Liu. CCNet: Criss-Cross Attention for Semantic
Segmentation, ICCV 2019, sec. 3.2 and 3.3; speedinghzl/CCNet @ 1fae6c6, CrissCrossAttention of
cc_attention/functions.py, and its recurrence in networks/ccnet.py.
Departs from that code: the logit of a pixel with itself in its column is overwritten by minus
infinity, where a matrix with that diagonal is added; the 3x3 convolutions around are the network's.
"""

from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnbench.cost import Cost
from attnbench.heads import head
from attnbench.heads._layers import channels_first, check_input, check_options, pixels_first
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

    The `recurrence` R passes share their weights; K = C / `reduction`. The fused kernel works on
    pixels that have their channels side by side, where rows are matrices as they lie.
    """

    def __init__(
        self,
        channels: int,
        *,
        recurrence: int = 2,
        reduction: int = 8,
        kernel: Literal["eager", "fused"] = "eager",
    ):
        super().__init__()
        check_options(self, recurrence=recurrence, reduction=reduction, kernel=kernel)
        check_options(self, width=channels // reduction)
        self.channels, self.inner, self.recurrence = channels, channels // reduction, recurrence
        self.kernel = kernel
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
        if self.kernel == "eager":
            for _ in range(self.recurrence):
                x = self.gamma * self._context(x) + x
            return x
        y = pixels_first(x).unflatten(1, x.shape[2:])  # B, H, W, C
        for _ in range(self.recurrence):
            y = self.gamma * self._context_of_pixels(y) + y
        return channels_first(y.flatten(1, 2)).unflatten(2, x.shape[2:])

    def _context(self, x: Tensor) -> Tensor:
        maps = [layer(x) for layer in self._layers]
        rows = [y.permute(0, 2, 3, 1) for y in maps]  # B, H, W, C
        columns = [y.permute(0, 3, 2, 1) for y in maps]  # B, W, H, C
        of_row, of_column = self._attended(rows, columns)
        return of_column.permute(0, 3, 2, 1) + of_row.permute(0, 3, 1, 2)

    def _context_of_pixels(self, x: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, H, W, C)."""
        rows = [F.linear(x, layer.weight.flatten(1), layer.bias) for layer in self._layers]
        columns = [y.transpose(1, 2).contiguous() for y in rows]
        of_row, of_column = self._attended(rows, columns)
        return of_row + of_column.transpose(1, 2)

    @property
    def _layers(self) -> tuple[nn.Module, ...]:
        return self.query, self.key, self.value

    def _attended(self, rows: list[Tensor], columns: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Query, key, value as B, H, W, C and as B, W, H, C -> the context as both."""
        column = columns[0] @ columns[1].transpose(2, 3)  # B, W, H, H
        column.diagonal(dim1=2, dim2=3).fill_(float("-inf"))  # a pixel is in its row already
        row = rows[0] @ rows[1].transpose(2, 3)  # B, H, W, W
        logits = torch.cat([column.transpose(1, 2), row], dim=3)  # B, H, W, H + W
        sides = (column.shape[2], row.shape[2])
        column, row = self.affinity(logits.softmax(dim=-1)).split(sides, dim=3)
        return row @ rows[2], column.transpose(1, 2) @ columns[2]

    def cost(self, x: Shape) -> Cost:
        """R times three convolutions and two products over H + W pixels for each: N·√N."""
        cost = Cost.of(x, K=self.inner, R=self.recurrence)
        for name, width in (("query", "K"), ("key", "K"), ("value", "C")):
            if self.kernel == "eager":
                cost = cost.conv(name, "C", width, bias=True, at="R·B·N")
            else:
                cost = cost.linear(name, "C", width, at="R·B·N")
        return (
            cost.matmul("logits", "R·B·N·(H + W)·K")
            .softmax("affinity", "R·B·N·(H + W)")
            .matmul("context", "R·B·N·(H + W)·C")
            .weights("γ", "1")
            .pointwise("column + row, γ, residual", "3·R·B·N·C")
        )
