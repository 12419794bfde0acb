"""Point-wise spatial attention: each pixel predicts how much it takes from, and gives to, others.

Source: Zhao, Zhang, Liu, Shi, Loy, Lin, Jia. PSANet: Point-wise Spatial Attention Network for
Scene Parsing, ECCV 2018, eq. 5 to 10; hszhao/semseg @ 4f274c3, PSA of model/psanet.py, and
lib/psa/src for what lies outside the predicted maps.
Departs from the paper as that code does: a softmax over the sources takes the place of the division
by their number (`softmax=False`), and each pixel's map is predicted from a shrunk feature map.
Departs from that code: the map returns to any H and W, where the code needs odd ones, and joins
the input outside; absolute maps (`compact`) are cut or filled up too when the size is another.
"""

from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnbench.cost import Cost
from attnbench.errors import HeadError
from attnbench.heads import head
from attnbench.heads._layers import check_input, check_options, conv_bn_relu
from attnbench.heads._point_maps import Direction
from attnbench.trial import Shape


@head(
    family="pairwise",
    complexity="N²·C",
    params=1_188_096,
    maps=("directions.collect.affinity", "directions.distribute.affinity"),
    wiring="direct",
)
class PSA(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), through an hw x hw map per image and direction.

    h, w are H, W over `shrink`, rounded up; K = C / `reduction`. The weights are made for maps of
    `grid` x `grid_width` (0 stands for `grid`): a pixel predicts a logit for each offset within
    such a map, or with `compact` for each of its places. What lies beyond gets the logit 0.
    The fused kernel makes the logits of a block of takers by themselves. With `compact` the weights
    that predict them are keys, or queries, of softmax attention; without it a block is a row, and
    has the offsets within the map alone: under `torch.compile` that way falls back on the eager.
    """

    def __init__(
        self,
        channels: int,
        *,
        direction: Literal["both", "collect", "distribute"] = "both",
        grid: int = 30,
        grid_width: int = 0,
        compact: bool = False,
        shrink: int = 2,
        reduction: int = 4,
        softmax: bool = True,
        kernel: Literal["eager", "fused"] = "eager",
    ):
        super().__init__()
        grid_width = grid_width or grid
        check_options(self, direction=direction, grid=grid, grid_width=grid_width)
        check_options(self, shrink=shrink, reduction=reduction, width=channels // reduction)
        check_options(self, kernel=kernel)
        if kernel == "fused" and not softmax:
            raise HeadError("psa: softmax = False leaves nothing to fuse: kernel = 'eager'")
        self.channels, self.inner, self.shrink = channels, channels // reduction, shrink
        names = ("collect", "distribute") if direction == "both" else (direction,)
        extent = (grid, grid_width) if compact else (2 * grid - 1, 2 * grid_width - 1)
        how = {"extent": extent, "compact": compact, "softmax": softmax, "kernel": kernel}
        build = {name: Direction(channels, self.inner, name, **how) for name in names}
        self.directions, self.extent, self.softmax = nn.ModuleDict(build), extent, softmax
        self.compact, self.kernel = compact, kernel
        self.output = conv_bn_relu(len(names) * self.inner, channels)

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        h, w = map(int, x.shape[2:])  # a tracer hands out tensors
        small = self._small(h, w)
        contexts = [
            direction(self._resized(direction.reduce(x), small))
            for direction in self.directions.values()
        ]
        return self._resized(self.output(torch.cat(contexts, dim=1)), (h, w))

    def _small(self, height: int, width: int) -> tuple[int, int]:
        return (height - 1) // self.shrink + 1, (width - 1) // self.shrink + 1

    def _resized(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        if self.shrink == 1:
            return x
        return F.interpolate(x, size, mode="bilinear", align_corners=True)

    def cost(self, x: Shape) -> Cost:
        """Convolutions, M logits for each of the S shrunk pixels, and a product over pairs: S²."""
        h, w = self._small(x.height, x.width)
        m, times = self.extent[0] * self.extent[1], len(self.directions)
        cost = Cost.of(x, K=self.inner, S=h * w, M=m, T=times)
        cost = cost.conv_bn_relu("reduction", "C", "K", times=times)
        cost = cost.conv_bn_relu("map: hidden layer", "K", "K", at="B·S", times=times)
        cost = self._logits_cost(cost, h, w)
        if self.softmax:
            cost = cost.softmax("affinity", "T·B·S²")
        else:
            cost = cost.pointwise("division by the positions", "T·B·K·S")
        cost = cost.matmul("context", "T·B·S²·K").conv_bn_relu("output", "T·K", "C", at="B·S")
        if self.shrink == 1:
            return cost
        return cost.bilinear("shrinking", "T·B·S·K").bilinear("enlarging", "B·N·C")

    def _logits_cost(self, cost: Cost, h: int, w: int) -> Cost:
        """Fused, those of pairs or, for each of P pairs of rows, of the offsets O along a row."""
        if self.kernel == "eager":
            return cost.conv("map: logits", "K", "M", at="B·S", times=len(self.directions))
        cost = cost.weights("map: weights of the logits", "T·K·M")
        if self.compact:
            return cost.matmul("map: logits", "T·B·S²·K")
        reach = min(h, self.extent[0] // 2 + 1) - 1
        rows, offsets = h * (2 * reach + 1) - reach * (reach + 1), min(self.extent[1], 2 * w - 1)
        more = {"P": rows, "Q": w, "O": offsets}
        cost = replace(cost, symbols=cost.symbols | more)
        return cost.matmul("map: logits", "T·B·P·Q·O·K")
