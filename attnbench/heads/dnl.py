"""Disentangled non-local: a whitened pairwise term for regions, a unary term for salient pixels.

Source: Yin, Yao, Cao, Li, Zhang, Lin, Hu. Disentangled Non-Local Neural Networks, ECCV 2020,
eq. 5 to 10; yinmh17/DNL-Semantic-Segmentation @ 594a359, NonLocal2d_bn of
model/seg/ops/nonlocal_block.py as its Cityscapes setting builds it.
Departs from the paper as that code does: pairwise logits are divided by sqrt(K) and by the
temperature, γ scales the pairwise term alone, values keep their C channels and nothing follows.
Departs from that code: no sub-sampling. Its ADE20K setting is `output="conv_bn"` at temperature
0.1, its nowd variant a temperature of 1/sqrt(K), its plain non-local block `terms="coupled"` at 1.
`output="conv_bn"`, `gamma=False` is DisentangledNonLocal2d of mmsegmentation 1.2.2.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from attnbench.cost import Cost
from attnbench.errors import HeadError
from attnbench.heads import head
from attnbench.heads._layers import attend, check_input, check_options, zero_
from attnbench.trial import Shape


@head(
    family="pairwise",
    complexity="N²·C",
    params=525_314,
    maps=("affinity", "mask_affinity"),
    wiring="surrounded",
)
class DNL(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), through an HW x HW map and one of HW per image.

    K = C / `reduction`. `terms="coupled"` is the dot product as it is: nothing subtracted, no
    unary term. V = C / `value_reduction`; 0 stands for C without an output, for K with one.
    """

    def __init__(
        self,
        channels: int,
        *,
        terms: Literal["both", "pairwise", "unary", "coupled"] = "both",
        temperature: float = 0.05,
        reduction: int = 2,
        value_reduction: int = 0,
        output: Literal["none", "conv", "conv_bn"] = "none",
        gamma: bool = True,
        kernel: Literal["eager", "fused"] = "eager",
    ):
        super().__init__()
        divisor = value_reduction or (1 if output == "none" else reduction)
        check_options(self, terms=terms, temperature=temperature, reduction=reduction)
        check_options(self, value_reduction=divisor, output=output, kernel=kernel)
        check_options(self, width=channels // reduction, value_width=channels // divisor)
        if output == "none" and divisor != 1:
            raise HeadError(f"dnl: value_reduction = {divisor} needs an output back to C channels")
        if kernel == "fused" and terms == "unary":
            raise HeadError("dnl: terms = 'unary' has no map over pairs: kernel = 'eager'")
        self.channels, self.inner, self.values = (
            channels,
            channels // reduction,
            channels // divisor,
        )
        self.temperature, self.terms, self.kernel = temperature, terms, kernel
        if terms != "unary":
            self.query = nn.Conv2d(channels, self.inner, 1)
            self.key = nn.Conv2d(channels, self.inner, 1)
        self.gamma = nn.Parameter(torch.zeros(1)) if gamma and terms != "unary" else None
        self.value = nn.Conv2d(channels, self.values, 1, bias=output != "none")
        if terms in ("both", "unary"):
            self.mask = nn.Conv2d(channels, 1, 1)
        self.affinity, self.mask_affinity = nn.Identity(), nn.Identity()
        self.output = nn.Conv2d(self.values, channels, 1, bias=False) if output != "none" else None
        self.norm = zero_(nn.BatchNorm2d(channels)) if output == "conv_bn" else None

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        value = self.value(x).flatten(2)  # B, V, N
        if self.terms == "both":
            context = self._pairwise(x, value) + self._unary(x, value)  # B, V, N
        elif self.terms == "unary":
            context = self._unary(x, value).expand_as(value)
        else:
            context = self._pairwise(x, value)
        y = context.unflatten(2, x.shape[2:])  # B, V, H, W
        y = y if self.output is None else self.output(y)
        return x + (y if self.norm is None else self.norm(y))

    def _pairwise(self, x: Tensor, value: Tensor) -> Tensor:
        query, key = self.query(x).flatten(2), self.key(x).flatten(2)  # B, K, N
        if self.terms != "coupled":
            query = query - query.mean(dim=2, keepdim=True)
            key = key - key.mean(dim=2, keepdim=True)
        scale = self.inner**-0.5 / self.temperature
        how = {"scale": scale, "kernel": self.kernel, "affinity": self.affinity}
        context = attend(query, key, value, **how)  # B, V, N
        return context if self.gamma is None else self.gamma * context

    def _unary(self, x: Tensor, value: Tensor) -> Tensor:
        attention = self.mask_affinity(self.mask(x).flatten(2).softmax(dim=-1))  # B, 1, N
        return value @ attention.transpose(1, 2)  # B, V, 1

    def cost(self, x: Shape) -> Cost:
        """Three convolutions, and two products over all pairs: MACs grow as N²."""
        cost = Cost.of(x, K=self.inner, V=self.values)
        cost = cost.conv("value", "C", "V", bias=self.output is not None)
        if self.terms != "unary":
            cost = self._pairwise_cost(cost)
        if self.terms in ("both", "unary"):
            cost = cost.conv("mask", "C", "1", bias=True).softmax("mask: affinity", "B·N")
            cost = cost.matmul("mask: context", "B·N·V")
        if self.terms == "both":
            cost = cost.pointwise("sum of the terms", "B·N·V")
        if self.output is not None:
            cost = cost.conv("output", "V", "C")
        if self.norm is not None:
            cost = cost.batch_norm("output: norm", "C")
        return cost.pointwise("residual", "B·N·C")

    def _pairwise_cost(self, cost: Cost) -> Cost:
        cost = cost.conv("query", "C", "K", bias=True).conv("key", "C", "K", bias=True)
        if self.terms != "coupled":
            cost = cost.reduction("means of query and key", "2·B·N·K")
            cost = cost.pointwise("query and key less their means", "2·B·N·K")
        cost = cost.attention("B·N²", "K", "V", kernel=self.kernel)
        return cost if self.gamma is None else cost.weights("γ", "1").pointwise("γ", "B·N·V")
