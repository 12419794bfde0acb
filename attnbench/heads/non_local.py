"""Non-local block: every pixel attends to every pixel of the map.

Source: Wang, Girshick, Gupta, He. Non-local Neural Networks, CVPR 2018, eq. 2 to 6;
open-mmlab/mmcv @ a8073c7, NonLocal2d, the block of segmentation work. The authors' own code is
for video in Caffe2; like it, and unlike the paper, the default divides the logits by sqrt(K).
AlexHex7/Non-local_pytorch is `scale=False`, `output_bias=True` and, by its default,
`sub_sample="after"`; Caffe2 pools before the convolutions.
Departs from them in the concatenation of eq. 5: w·[theta, phi] is computed as the sum of its two
halves, the same function without a tensor of 2K x N x N.
"""

from typing import Literal

from torch import Tensor, nn
from torch.nn import functional as F

from attnbench.cost import Cost
from attnbench.errors import HeadError
from attnbench.heads import head
from attnbench.heads._layers import attend, check_input, check_options, zero_
from attnbench.trial import Shape


@head(family="pairwise", complexity="N²·C", params=526_080, maps=("affinity",), wiring="surrounded")
class NonLocal(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), through an HW x HW map per image; K = C / `reduction`.

    `scale` is of the embedded Gaussian alone, as in mmcv. `sub_sample` halves height and width of
    keys and values by a maximum, before or after their convolution.
    """

    def __init__(
        self,
        channels: int,
        *,
        pairwise: Literal[
            "embedded_gaussian", "gaussian", "dot_product", "concatenation"
        ] = "embedded_gaussian",
        scale: bool = True,
        sub_sample: Literal["none", "before", "after"] = "none",
        reduction: int = 2,
        output_bias: bool = False,
        kernel: Literal["eager", "fused"] = "eager",
    ):
        super().__init__()
        check_options(self, pairwise=pairwise, sub_sample=sub_sample, kernel=kernel)
        check_options(self, reduction=reduction, width=channels // reduction)
        if kernel == "fused" and "gaussian" not in pairwise:
            raise HeadError(f"non_local: pairwise = {pairwise!r} has no softmax: kernel = 'eager'")
        self.channels, self.inner, self.pairwise = channels, channels // reduction, pairwise
        self.scaled = scale and pairwise == "embedded_gaussian"
        self.sub_sample, self.output_bias, self.kernel = sub_sample, output_bias, kernel
        self.value = nn.Conv2d(channels, self.inner, 1)
        if pairwise != "gaussian":
            self.query = nn.Conv2d(channels, self.inner, 1)
            self.key = nn.Conv2d(channels, self.inner, 1)
        if pairwise == "concatenation":
            self.pair = nn.Conv2d(2 * self.inner, 1, 1, bias=False)
        self.affinity = nn.Identity()
        self.output = nn.Conv2d(self.inner, channels, 1, bias=output_bias)
        self.norm = zero_(nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        source = self._pooled(x, "before")
        value = self._pooled(self.value(source), "after").flatten(2)  # B, K, M
        if self.pairwise == "gaussian":
            query, key = x.flatten(2), self._pooled(source, "after").flatten(2)  # B, C, N; B, C, M
        else:
            query = self.query(x).flatten(2)  # B, K, N
            key = self._pooled(self.key(source), "after").flatten(2)  # B, K, M
        y = self._attended(query, key, value).unflatten(2, x.shape[2:])  # B, K, H, W
        return x + self.norm(self.output(y))

    def _attended(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        if "gaussian" in self.pairwise:
            scale = self.inner**-0.5 if self.scaled else None
            how = {"scale": scale, "kernel": self.kernel, "affinity": self.affinity}
            return attend(query, key, value, **how)
        if self.pairwise == "dot_product":
            f = query.transpose(1, 2) @ key  # B, N, M
        else:
            of_query, of_key = self.pair.weight.flatten(2).chunk(2, dim=1)  # 1, K, 1 each
            row = F.conv1d(query, of_query).transpose(1, 2)  # B, N, 1
            f = F.relu(row + F.conv1d(key, of_key))  # B, N, M
        return value @ self.affinity(f / key.shape[2]).transpose(1, 2)  # B, K, N

    def _pooled(self, x: Tensor, when: str) -> Tensor:
        if self.sub_sample != when:
            return x
        h, w = x.shape[2:]
        if 1 in (h, w):
            raise HeadError(f"non_local: sub_sample needs H and W above 1, got H={h}, W={w}")
        return F.max_pool2d(x, 2)

    def cost(self, x: Shape) -> Cost:
        """Three convs in, one out, and two products over all pairs: MACs grow as N²."""
        pooled = (x.height // 2) * (x.width // 2)
        cost = Cost.of(x, K=self.inner, M=x.pixels if self.sub_sample == "none" else pooled)
        keys = "N" if self.sub_sample == "none" else "M"
        source = "M" if self.sub_sample == "before" else "N"
        width = "C" if self.pairwise == "gaussian" else "K"
        if self.sub_sample == "before":
            cost = cost.reduction("maximum of the input", "4·B·M·C")
        cost = cost.conv("value", "C", "K", bias=True, at=f"B·{source}")
        if self.pairwise != "gaussian":
            cost = cost.conv("query", "C", "K", bias=True)
            cost = cost.conv("key", "C", "K", bias=True, at=f"B·{source}")
        if self.sub_sample == "after":
            cost = cost.reduction("maximum of values and keys", f"4·B·M·(K + {width})")
        return (
            self._pairwise_cost(cost, f"B·N·{keys}", keys, width)
            .conv("output", "K", "C", bias=self.output_bias)
            .batch_norm("output: norm", "C")
            .pointwise("residual", "B·N·C")
        )

    def _pairwise_cost(self, cost: Cost, pairs: str, keys: str, width: str) -> Cost:
        if "gaussian" in self.pairwise:
            return cost.attention(pairs, width, "K", kernel=self.kernel, scaled=self.scaled)
        if self.pairwise == "dot_product":
            cost = cost.matmul("logits", f"{pairs}·K").pointwise("division by the keys", pairs)
        else:
            cost = cost.conv("pair: of queries", "K", "1")
            cost = cost.conv("pair: of keys", "K", "1", at=f"B·{keys}")
            cost = cost.pointwise("pair: sum, ReLU, division", f"3·{pairs}")
        return cost.matmul("context", f"{pairs}·K")
