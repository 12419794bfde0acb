"""Self-attention over the whole map, the dense counterpart of interlaced sparse attention.

Source: Yuan, Wang. OCNet: Object Context Network for Scene Parsing, 2018;
openseg-group/openseg.pytorch @ aefc755, SelfAttentionBlock2D in isa_block.py.
Departs from the paper as that code does: query and key are two conv-BN-ReLU each, the output is
a conv-BN-ReLU, the input is not added. `fusion="concat"` with `output="conv"`, `bias="all"` and
values of C/2 is BaseOC_Module of the same code; with `shared=True`, `layers=1`, `slope=0.01` it
is that of the OCNet.pytorch release. The dropout before the classifier is left to the network.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from attnbench.cost import Cost
from attnbench.errors import HeadError
from attnbench.heads import head
from attnbench.heads._layers import (
    attend,
    check_input,
    check_options,
    conv_bn_relu,
    transform,
    zero_,
)
from attnbench.heads._whole import WIDTH, Trunk, Whole, Wiring
from attnbench.trial import Option, Shape


@head(family="pairwise", complexity="N²·C", params=920_576, maps=("affinity",), wiring="own")
class SelfAttention(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), through an HW x HW map per image.

    `key_channels` 0 stands for C/2, `value_channels` 0 for C.
    """

    def __init__(
        self,
        channels: int,
        *,
        key_channels: int = 0,
        value_channels: int = 0,
        layers: int = 2,
        shared: bool = False,
        bias: Literal["none", "value", "all"] = "none",
        output: Literal["conv_bn_relu", "conv", "none"] = "conv_bn_relu",
        fusion: Literal["none", "concat"] = "none",
        slope: float = 0.0,
        kernel: Literal["eager", "fused"] = "eager",
    ):
        super().__init__()
        keys, values = key_channels or channels // 2, value_channels or channels
        check_options(self, key_channels=keys, value_channels=values, layers=layers, bias=bias)
        check_options(self, output=output, fusion=fusion, kernel=kernel)
        if slope < 0:
            raise HeadError(f"self_attention: slope = {slope}: expected 0 or more")
        if output == "none" and values != channels:
            raise HeadError(f"self_attention: output = 'none' needs {channels} value_channels, C")
        self.channels, self.keys, self.values, self.layers = channels, keys, values, layers
        self.shared, self.bias, self.output_layer, self.kernel = shared, bias, output, kernel
        self.slope, everywhere = slope, {"bias": bias == "all", "slope": slope}
        self.query = transform(channels, keys, layers, **everywhere)
        self.key = self.query if shared else transform(channels, keys, layers, **everywhere)
        self.value = nn.Conv2d(channels, values, 1, bias=bias != "none")
        self.affinity = nn.Identity()
        self.output = {
            "conv_bn_relu": lambda: conv_bn_relu(values, channels, **everywhere),
            "conv": lambda: zero_(nn.Conv2d(values, channels, 1, bias=bias == "all")),
            "none": nn.Identity,
        }[output]()
        concat = fusion == "concat"
        self.fusion = conv_bn_relu(2 * channels, channels, **everywhere) if concat else None

    @classmethod
    def whole(cls, channels: int, **options: Option) -> Whole:
        """Plain; bias and slope of the block are those of the first 3x3 too."""
        block = cls(WIDTH, **options)
        wiring = Wiring(bias=block.bias == "all", slope=block.slope)
        return Whole([Trunk(block, channels, wiring)])

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        query, key = self.query(x).flatten(2), self.key(x).flatten(2)  # B, K, N
        value = self.value(x).flatten(2)  # B, V, N
        how = {"scale": self.keys**-0.5, "kernel": self.kernel, "affinity": self.affinity}
        context = attend(query, key, value, **how)  # B, V, N
        y = self.output(context.unflatten(2, x.shape[2:]))  # B, C, H, W
        return y if self.fusion is None else self.fusion(torch.cat([y, x], dim=1))

    def cost(self, x: Shape) -> Cost:
        """Four convolutions or more, and two products over all pairs: MACs grow as N²."""
        cost = self.attention_cost(Cost.of(x, **self.widths), "B·N", "B·N²")
        if self.fusion is None:
            return cost
        return cost.conv_bn_relu("fusion", "2·C", "C", bias=self.bias == "all")

    @property
    def widths(self) -> dict[str, int]:
        return {"K": self.keys, "V": self.values}

    def attention_cost(self, cost: Cost, at: str, pairs: str, stage: str = "") -> Cost:
        """`cost` with the terms up to the output, at `at` positions, over `pairs` of them."""
        everywhere = {"bias": self.bias == "all"}
        twice = {"at": f"2·{at}"} if self.shared else {"at": at, "times": 2}
        for layer in range(self.layers):
            name, inputs = f"{stage}query and key, layer {layer + 1}", "K" if layer else "C"
            cost = cost.conv_bn_relu(name, inputs, "K", **everywhere, **twice)
        cost = cost.conv(f"{stage}value", "C", "V", bias=self.bias != "none", at=at)
        cost = cost.attention(pairs, "K", "V", kernel=self.kernel, of=stage, queries=at)
        if self.output_layer == "none":
            return cost
        if self.output_layer == "conv":
            return cost.conv(f"{stage}output", "V", "C", at=at, **everywhere)
        return cost.conv_bn_relu(f"{stage}output", "V", "C", at=at, **everywhere)
