"""Double attention: second-order features are gathered from all pixels, then given out to each.

Source: Chen, Kalantidis, Li, Yan, Feng. A²-Nets: Double Attention Networks, NeurIPS 2018,
eq. 1 to 6; no code of the authors is public: nguyenvo09/Double-Attention-Network @ c378693,
DoubleAttentionLayer, which follows the equations.
Departs from them in nothing by default; the residual sum and batch norm around the block are the
caller's. With `distribution="positions"`, `residual=True` and both widths at C/2 it is A2Block of
yinmh17/DNL-Semantic-Segmentation @ 594a359, whose second softmax runs over the pixels.
"""

from typing import Literal

from torch import Tensor, nn

from attnbench.cost import Cost
from attnbench.errors import HeadError
from attnbench.heads import head
from attnbench.heads._layers import check_input, check_options
from attnbench.trial import Shape


@head(family="compact", complexity="N·m·n", params=394_240, maps=("gathering", "distribution"))
class A2(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), through two maps of n x HW per image.

    `features` is m, 0 for C/2 (C without `reconstruct`); `descriptors` is n, 0 for C/4. With
    `order="pairs_first"` the two maps are multiplied into one of HW x HW: the same function.
    The fused kernel gathers the input and gives out the output: their convolutions then see n
    descriptors in place of HW pixels. For that the maps must sum to 1 over pixels and descriptors.
    """

    def __init__(
        self,
        channels: int,
        *,
        features: int = 0,
        descriptors: int = 0,
        order: Literal["descriptors_first", "pairs_first"] = "descriptors_first",
        distribution: Literal["descriptors", "positions"] = "descriptors",
        reconstruct: bool = True,
        residual: bool = False,
        kernel: Literal["eager", "fused"] = "eager",
    ):
        super().__init__()
        m = features or (channels // 2 if reconstruct else channels)
        n = descriptors or channels // 4
        check_options(self, features=m, descriptors=n, order=order, distribution=distribution)
        check_options(self, kernel=kernel)
        if not reconstruct and m != channels:
            raise HeadError(f"a2: features = {m}: without reconstruct they must be {channels}, C")
        if kernel == "fused" and (order, distribution) != ("descriptors_first", "descriptors"):
            raise HeadError(
                f"a2: order = {order!r}, distribution = {distribution!r} has no fused kernel: "
                "kernel = 'eager'"
            )
        self.channels, self.m, self.n, self.kernel = channels, m, n, kernel
        self.order, self.residual = order, residual
        self.over = 1 if distribution == "descriptors" else 2
        self.feature = nn.Conv2d(channels, m, 1)
        self.gather = nn.Conv2d(channels, n, 1)
        self.distribute = nn.Conv2d(channels, n, 1)
        self.gathering, self.distribution = nn.Identity(), nn.Identity()
        self.output = nn.Conv2d(m, channels, 1) if reconstruct else None

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        gather = self.gathering(self.gather(x).flatten(2).softmax(dim=2))  # B, n, N
        distribute = self.distribute(x).flatten(2).softmax(dim=self.over)  # B, n, N
        distribute = self.distribution(distribute)
        if self.kernel == "fused":
            y = self._of_descriptors(x.flatten(2) @ gather.transpose(1, 2)) @ distribute
            y = y.unflatten(2, x.shape[2:])  # B, C, H, W
            return x + y if self.residual else y
        feature = self.feature(x).flatten(2)  # B, m, N
        if self.order == "descriptors_first":
            z = (feature @ gather.transpose(1, 2)) @ distribute  # B, m, N, through m x n
        else:
            z = feature @ (gather.transpose(1, 2) @ distribute)  # B, m, N, through N x N
        z = z.unflatten(2, x.shape[2:])  # B, m, H, W
        y = z if self.output is None else self.output(z)
        return x + y if self.residual else y

    def _of_descriptors(self, x: Tensor) -> Tensor:
        """(B, C, n) -> (B, C, n)."""
        y = self.feature(x.unsqueeze(3))
        return (y if self.output is None else self.output(y)).squeeze(3)

    def cost(self, x: Shape) -> Cost:
        """Four convolutions and two products: 2·N·m·n, or N²·(m + n) with the pairs first.

        Fused, two convolutions of the pixels, and products of 2·N·C·n.
        """
        at = "B·n" if self.kernel == "fused" else "B·N"
        cost = (
            Cost.of(x, m=self.m, n=self.n)
            .conv("features", "C", "m", bias=True, at=at)
            .conv("gathering", "C", "n", bias=True)
            .conv("distribution", "C", "n", bias=True)
            .softmax("both maps", "2·B·N·n")
        )
        if self.kernel == "fused":
            cost = cost.matmul("gather", "B·N·C·n").matmul("distribute", "B·N·C·n")
        elif self.order == "descriptors_first":
            cost = cost.matmul("gather", "B·N·m·n").matmul("distribute", "B·N·m·n")
        else:
            cost = cost.matmul("pairs", "B·N²·n").matmul("features of the pairs", "B·N²·m")
        cost = cost if self.output is None else cost.conv("output", "m", "C", bias=True, at=at)
        return cost.pointwise("residual", "B·N·C") if self.residual else cost
