"""Interlaced sparse self-attention: dense attention as long-range, then short-range attention.

Source: Huang, Yuan, Guo, Zhang, Chen, Wang. Interlaced Sparse Self-Attention for Semantic
Segmentation, 2019, sec. 3; openseg-group/openseg.pytorch @ aefc755, ISA_Module.
Departs from the paper as that code does: query and key are two conv-BN-ReLU each, each stage ends
in a conv-BN-ReLU, the input joins by concatenation, padded zeros are attended to.
Departs from that code: one partition at a time, and the dropout before the classifier is left to
the network. `bias="value"` is ISAHead of mmsegmentation up to the order of concatenation;
`layers=1` is what figure 1 of the paper counts, `partition="balanced"` what figure 4 does.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnbench.cost import Cost
from attnbench.heads import head
from attnbench.heads._layers import (
    channels_first,
    check_input,
    check_options,
    conv_bn_relu,
    pixels_first,
)
from attnbench.heads._windows import balanced_window, in_windows, pixels_in_windows
from attnbench.heads.self_attention import SelfAttention
from attnbench.trial import Shape

STAGES = {
    "long_short": ("long_range", "short_range"),
    "short_long": ("short_range", "long_range"),
    "long_only": ("long_range",),
    "short_only": ("short_range",),
}


@head(
    family="factorised",
    complexity="N·(P + N/P)·C, with P = √N: N·√N·C",
    params=2_366_464,
    maps=("stages.long_range.affinity", "stages.short_range.affinity"),
)
class ISA(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), through Q x Q maps, then P x P maps, of Q windows of P pixels.

    `window_width` 0 stands for `window`, `key_channels` 0 for C/2, `value_channels` 0 for C.
    The fused kernel has the channels of a pixel side by side.
    """

    def __init__(
        self,
        channels: int,
        *,
        partition: Literal["fixed", "balanced"] = "fixed",
        window: int = 8,
        window_width: int = 0,
        order: Literal["long_short", "short_long", "long_only", "short_only"] = "long_short",
        key_channels: int = 0,
        value_channels: int = 0,
        layers: int = 2,
        bias: Literal["none", "value"] = "none",
        kernel: Literal["eager", "fused"] = "eager",
    ):
        super().__init__()
        check_options(self, partition=partition, window=window, order=order, bias=bias)
        check_options(self, window_width=window_width or window, layers=layers, kernel=kernel)
        widths = {"key_channels": key_channels, "value_channels": value_channels}
        rest = {"layers": layers, "bias": bias, "kernel": kernel}
        self.channels, self.kernel = channels, kernel
        self.fixed = (window, window_width or window) if partition == "fixed" else None
        stages = {name: SelfAttention(channels, **widths, **rest) for name in STAGES[order]}
        self.stages = nn.ModuleDict(stages)
        self.fusion = conv_bn_relu(2 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        h, w = map(int, x.shape[2:])  # a tracer hands out tensors
        ph, pw = self.window(h, w)
        down, right = -h % ph, -w % pw
        top, left = down // 2, right // 2
        padding = (left, right - left, top, down - top)
        if self.kernel == "fused":
            return self._of_pixels(x, (ph, pw), padding)
        context = F.pad(x, padding) if down or right else x
        for name, attention in self.stages.items():
            context = in_windows(attention, context, (ph, pw), name)
        context = context[:, :, top : top + h, left : left + w]
        return self.fusion(torch.cat([x, context], dim=1))

    def _of_pixels(self, x: Tensor, window: tuple[int, int], padding: tuple[int, ...]) -> Tensor:
        """The same with the channels of a pixel side by side: sorting moves whole pixels, and
        convolutions read them as they lie.
        """
        b, c, h, w = x.shape
        left, _, top, _ = padding
        context = pixels_first(x).view(b, h, w, c)
        context = F.pad(context, (0, 0, *padding)) if any(padding) else context
        for name, attention in self.stages.items():
            context = pixels_in_windows(attention, context, window, name)
        context = context[:, top : top + h, left : left + w]
        # The input is turned once more, which takes less than to hold it through both stages.
        context = torch.cat([pixels_first(x).view(b, h, w, c), context], dim=3)
        # A row an image: on one thread torch leaves a batch of few to the BLAS, which some CPUs
        # are half as fast with.
        rows = context.flatten(0, 1).unsqueeze(1)  # B·H, 1, W, 2·C
        y = self.fusion(rows.permute(0, 3, 1, 2))  # B·H, C, 1, W
        return channels_first(y.permute(0, 2, 3, 1).reshape(b, h * w, c)).view(x.shape)

    def window(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of a window on a map of this size."""
        return self.fixed or balanced_window(height, width)

    def cost(self, x: Shape) -> Cost:
        """Attention over Q windows for each place, then over P places for each window."""
        ph, pw = self.window(x.height, x.width)
        windows = -(-x.height // ph) * -(-x.width // pw)
        stage = next(iter(self.stages.values()))
        cost = Cost.of(x, P=ph * pw, Q=windows, **stage.widths)
        for name, attention in self.stages.items():
            pairs = "B·P·Q²" if name == "long_range" else "B·Q·P²"
            cost = attention.attention_cost(cost, "B·P·Q", pairs, f"{name}: ")
        return cost.conv_bn_relu("fusion", "2·C", "C")
