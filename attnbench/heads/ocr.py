"""Object-contextual representations: a pixel attends to one vector for each class of the scene.

Source: Yuan, Chen, Wang. Object-Contextual Representations for Semantic Segmentation, ECCV 2020,
eq. 8 to 11; openseg-group/openseg.pytorch @ aefc755, SpatialGather_Module and SpatialOCR_Module
of lib/models/modules/spatial_ocr_block.py.
Departs from that code: the soft class maps come from a 1x1 classifier of the block's own input,
as the paper counts it, where the network takes those of an auxiliary head on an earlier stage.
The dropout after the fusion is left to the network. `layers=1` is what the paper counts;
`bias=False` is OCRHead of mmsegmentation.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from attnbench.cost import Cost
from attnbench.heads import head
from attnbench.heads._layers import attend, check_input, check_options, conv_bn_relu, transform
from attnbench.heads._whole import WIDTH, Trunk, Whole, Wiring
from attnbench.trial import Option, Shape


@head(
    family="compact",
    complexity="N·M·C",
    params=1_196_307,
    maps=("region_affinity", "affinity"),
    wiring="own",
)
class OCR(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), through M class maps of HW, then an HW x M map, per image.

    M is `classes`; `key_channels` 0 stands for C/2, K; `layers` is that of query and key.
    """

    def __init__(
        self,
        channels: int,
        *,
        classes: int = 19,
        key_channels: int = 0,
        layers: int = 2,
        bias: bool = True,
        kernel: Literal["eager", "fused"] = "eager",
    ):
        super().__init__()
        keys = key_channels or channels // 2
        check_options(self, classes=classes, key_channels=keys, layers=layers, kernel=kernel)
        self.channels, self.classes, self.keys, self.layers = channels, classes, keys, layers
        self.bias, self.kernel = bias, kernel
        self.classifier = nn.Conv2d(channels, classes, 1)
        self.query = transform(channels, keys, layers, bias=bias)
        self.key = transform(channels, keys, layers, bias=bias)
        self.value = conv_bn_relu(channels, keys, bias=bias)
        self.region_affinity, self.affinity = nn.Identity(), nn.Identity()
        self.output = conv_bn_relu(keys, channels, bias=bias)
        self.fusion = conv_bn_relu(2 * channels, channels, bias=bias)

    @classmethod
    def whole(cls, channels: int, **options: Option) -> Whole:
        """Plain; the bias of the block is that of the first 3x3 too."""
        block = cls(WIDTH, **options)
        return Whole([Trunk(block, channels, Wiring(bias=block.bias))])

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        return self.contextual(x, self.classifier(x))

    def contextual(self, x: Tensor, logits: Tensor) -> Tensor:
        """(B, C, H, W) and class logits (B, M, H, W) -> (B, C, H, W)."""
        share = self.region_affinity(logits.flatten(2).softmax(dim=-1))  # B, M, N
        regions = (share @ x.flatten(2).transpose(1, 2)).transpose(1, 2).unsqueeze(3)  # B, C, M, 1
        query, key = self.query(x).flatten(2), self.key(regions).flatten(2)  # B, K, N; B, K, M
        value = self.value(regions).flatten(2)  # B, K, M
        size = tuple(x.shape[2:])
        return self.fusion(torch.cat([self._context(query, key, value, size), x], dim=1))

    def _context(self, query: Tensor, key: Tensor, value: Tensor, size: tuple[int, int]) -> Tensor:
        """(B, K, N), (B, K, M), (B, K, M) -> (B, C, H, W)."""
        how = {"scale": self.keys**-0.5, "kernel": self.kernel, "affinity": self.affinity}
        if self.kernel == "eager":
            return self.output(attend(query, key, value, **how).unflatten(2, size))
        # Weights that sum to 1 may come after a convolution.
        value = self.output.conv(value.unsqueeze(3)).squeeze(3)  # B, C, M
        context = attend(query, key, value, **how).unflatten(2, size)  # B, C, H, W
        return self.output.relu(self.output.norm(context))

    def cost(self, x: Shape) -> Cost:
        """Transforms of N pixels and M regions, and three products of one with the other: N·M."""
        cost = Cost.of(x, M=self.classes, K=self.keys).conv("classifier", "C", "M", bias=True)
        cost = cost.softmax("region affinity", "B·M·N").matmul("regions", "B·M·N·C")
        for layer in range(self.layers):
            inputs = "K" if layer else "C"
            for name, at in (("query", "B·N"), ("key", "B·M")):
                step = f"{name}, layer {layer + 1}"
                cost = cost.conv_bn_relu(step, inputs, "K", bias=self.bias, at=at)
        cost = cost.conv_bn_relu("value", "C", "K", bias=self.bias, at="B·M")
        at, values = ("B·M", "C") if self.kernel == "fused" else ("B·N", "K")
        cost = cost.attention("B·N·M", "K", values, kernel=self.kernel)
        cost = cost.conv("output", "K", "C", bias=self.bias, at=at)
        cost = cost.batch_norm("output: norm", "C").pointwise("output: ReLU", "B·N·C")
        return cost.conv_bn_relu("fusion", "2·C", "C", bias=self.bias)
