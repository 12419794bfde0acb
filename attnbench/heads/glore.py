"""Global reasoning unit: pixels are projected to a few nodes, a graph convolution relates these.

Source: Chen, Rohrbach, Yan, Shuicheng, Feng, Kalantidis. Graph-Based Global Reasoning Networks,
CVPR 2019, eq. 1 to 3; facebookresearch/GloRe @ 9c6a734, GloRe_Unit_2D.
Departs from that code in nothing: the projection to the nodes is that back to the pixels too,
the adjacency is a learned convolution over the nodes with the nodes themselves added.
"""

from typing import Literal

from torch import Tensor, nn
from torch.nn import functional as F

from attnbench.cost import Cost
from attnbench.heads import head
from attnbench.heads._layers import check_input, check_options, zero_
from attnbench.trial import Shape


@head(family="compact", complexity="N·M·S", params=411_136, maps=("projection",))
class GloRe(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), through a map of M x HW per image, without a softmax.

    M is `nodes`, 0 for C/4; each has a state of S = 2·M. `normalise` divides it by HW.
    The fused kernel projects the input, and the output from the nodes: both convolutions then see
    M nodes in place of HW pixels.
    """

    def __init__(
        self,
        channels: int,
        *,
        nodes: int = 0,
        normalise: bool = False,
        kernel: Literal["eager", "fused"] = "eager",
    ):
        super().__init__()
        m = nodes or channels // 4
        check_options(self, nodes=m, kernel=kernel)
        self.kernel = kernel
        self.channels, self.nodes, self.states, self.normalise = channels, m, 2 * m, normalise
        self.state = nn.Conv2d(channels, 2 * m, 1)
        self.project = nn.Conv2d(channels, m, 1)
        self.projection = nn.Identity()
        self.adjacency = nn.Conv1d(m, m, 1)
        self.update = nn.Conv1d(2 * m, 2 * m, 1, bias=False)
        self.output = nn.Conv2d(2 * m, channels, 1, bias=False)
        self.norm = zero_(nn.BatchNorm2d(channels, eps=1e-4))

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        projection = self.projection(self.project(x).flatten(2))  # B, M, N
        if self.kernel == "fused":
            nodes = self._projected(x.flatten(2), projection)
        else:
            nodes = self.state(x).flatten(2) @ projection.transpose(1, 2)  # B, S, M
        if self.normalise:
            nodes = nodes / projection.shape[2]
        related = self.adjacency(nodes.transpose(1, 2)).transpose(1, 2)  # B, S, M
        nodes = self.update(F.relu(related + nodes))  # B, S, M
        if self.kernel == "fused":
            y = self.output(nodes.unsqueeze(3)).squeeze(3) @ projection  # B, C, N
            return x + self.norm(y.unflatten(2, x.shape[2:]))
        y = (nodes @ projection).unflatten(2, x.shape[2:])  # B, S, H, W
        return x + self.norm(self.output(y))

    def _projected(self, x: Tensor, projection: Tensor) -> Tensor:
        """(B, C, N), (B, M, N) -> (B, S, M): the bias comes as often as a node sums its pixels."""
        sums = (x @ projection.transpose(1, 2)).unsqueeze(3)  # B, C, M, 1
        states = F.conv2d(sums, self.state.weight).squeeze(3)
        return states + self.state.bias.unsqueeze(1) * projection.sum(dim=2).unsqueeze(1)

    def cost(self, x: Shape) -> Cost:
        """Three convolutions, two products of pixels and nodes, and a graph of M nodes: N·M·S.

        Fused, one convolution of the pixels, and products of N·M·C.
        """
        is_fused = self.kernel == "fused"
        at, width = ("B·M", "C") if is_fused else ("B·N", "S")
        cost = (
            Cost.of(x, M=self.nodes, S=self.states)
            .conv("state", "C", "S", bias=True, at=at)
            .conv("projection", "C", "M", bias=True)
            .matmul("nodes", f"B·N·M·{width}")
        )
        if is_fused:
            cost = cost.reduction("bias of the state: sums of the projection", "B·N·M")
            cost = cost.pointwise("bias of the state", "2·B·S·M")
        if self.normalise:
            cost = cost.pointwise("division by the positions", "B·S·M")
        return (
            cost.conv("graph: adjacency", "M", "M", bias=True, at="B·S")
            .pointwise("graph: nodes and ReLU", "2·B·S·M")
            .conv("graph: update", "S", "S", at="B·M")
            .matmul("back to the pixels", f"B·N·M·{width}")
            .conv("output", "S", "C", at=at)
            .batch_norm("output: norm", "C")
            .pointwise("residual", "B·N·C")
        )
