"""EM attention: pixels are rebuilt from K bases that expectation-maximisation fits to the map.

Source: Li, Zhong, Wu, Yang, Lin, Liu. Expectation-Maximization Attention Networks for Semantic
Segmentation, ICCV 2019, sec. 3; XiaLiPKU/EMANet @ f09ffac, EMAU in network.py, bases in train.py.
Departs from the paper as that code does: no gradient enters the EM steps or the reconstruction,
so the first convolution never learns (`gradient="through"` lets it); 1e-6 is added to what it
divides by; the mixture is of the last responsibilities and the bases after them.
Departs from that code: the bases move at the end of a forward pass in training, by the batch of
this process. `variant="mmseg"` is EMAModule of mmsegmentation 1.2.2: sums are clamped at 1e-12,
and the mean of the batch gets length 1 before it enters the moving average.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnbench.cost import Cost
from attnbench.errors import HeadError
from attnbench.heads import head
from attnbench.heads._layers import check_input, check_options
from attnbench.heads._whole import WIDTH, Trunk, Whole, Wiring
from attnbench.trial import Option, Shape


@head(
    family="compact", complexity="N·K·C·T", params=525_824, maps=("responsibilities",), wiring="own"
)
class EMA(nn.Module):
    """(N, C, H, W) -> (N, C, H, W), through an HW x K map per image and step.

    `update` says how the initial bases learn, `gradient` whether the input learns through EM,
    `momentum` weighs the old bases, `inverse_temperature` is the λ of the paper.
    The fused kernel applies the first convolution to the bases in place of the pixels: xᵀWᵀμ is
    (Wx)ᵀμ, and what is summed over the pixels may be convolved after it.
    """

    def __init__(
        self,
        channels: int,
        *,
        bases: int = 64,
        iterations: int = 3,
        inverse_temperature: float = 1.0,
        norm: Literal["l2", "layer", "none"] = "l2",
        update: Literal["moving_average", "gradient", "none"] = "moving_average",
        gradient: Literal["identity", "through"] = "identity",
        momentum: float = 0.9,
        variant: Literal["official", "mmseg"] = "official",
        kernel: Literal["eager", "fused"] = "eager",
    ):
        super().__init__()
        check_options(self, channels=channels, bases=bases, iterations=iterations, norm=norm)
        check_options(self, inverse_temperature=inverse_temperature, update=update)
        check_options(self, gradient=gradient, variant=variant, kernel=kernel)
        if not 0 <= momentum <= 1:
            raise HeadError(f"ema: momentum = {momentum}: expected a number from 0 to 1")
        self.channels, self.count, self.iterations = channels, bases, iterations
        self.inverse_temperature, self.norm, self.update = inverse_temperature, norm, update
        self.gradient, self.momentum, self.variant = gradient, momentum, variant
        self.kernel = kernel
        self.input = nn.Conv2d(channels, channels, 1)
        start = F.normalize(torch.randn(1, channels, bases), dim=1)
        if update == "gradient":
            self.bases = nn.Parameter(start)
        else:
            self.register_buffer("bases", start)
        self.responsibilities = nn.Identity()
        self.output = nn.Conv2d(channels, channels, 1, bias=False)
        self.output_norm = nn.BatchNorm2d(channels, momentum=3e-4 if variant == "official" else 0.1)

    @classmethod
    def whole(cls, channels: int, **options: Option) -> Whole:
        """Half as many channels after the block; mmsegmentation then joins the features.

        Every batch norm of the network has the momentum of the block's.
        """
        block = cls(WIDTH, **options)
        wiring = Wiring(after=WIDTH // 2, join=block.variant == "mmseg")
        network = Whole([Trunk(block, channels, wiring)])
        for layer in network.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.momentum = block.output_norm.momentum
        return network

    def forward(self, x: Tensor) -> Tensor:
        check_input(self, x)
        features = x if self.kernel == "fused" else self.input(x)
        y = self.reconstruction(features.flatten(2)).unflatten(2, x.shape[2:])  # B, C, H, W
        return F.relu(x + self.output_norm(self.output(F.relu(y))))

    def reconstruction(self, x: Tensor) -> Tensor:
        """(B, C, N) -> (B, C, N) of rank K: the bases after T steps, mixed by responsibility.

        `x` is convolved already; for the fused kernel it is not.
        """
        x = x.detach() if self.gradient == "identity" else x
        mu = self.bases.repeat(x.shape[0], 1, 1)  # B, C, K
        for _ in range(self.iterations):
            z = self._expectation(x, mu)  # B, N, K
            mu = self._maximisation(x, z)  # B, C, K
        if self.training and self.update == "moving_average":
            self._move_bases(mu)
        return mu @ z.transpose(1, 2)

    def _expectation(self, x: Tensor, mu: Tensor) -> Tensor:
        logits = self._against(x, mu)  # B, N, K
        if self.inverse_temperature != 1:
            logits = logits * self.inverse_temperature
        return self.responsibilities(logits.softmax(dim=-1))

    def _against(self, x: Tensor, mu: Tensor) -> Tensor:
        """(B, C, N), (B, C, K) -> (B, N, K): the product of each convolved pixel with each base."""
        if self.kernel == "eager":
            return x.transpose(1, 2) @ mu
        weight, bias = self._convolution
        of_bias = bias.expand(len(mu), 1, -1) @ mu  # B, 1, K
        return torch.baddbmm(of_bias, x.transpose(1, 2), weight.t() @ mu)

    @property
    def _convolution(self) -> tuple[Tensor, Tensor]:
        """Weight (C, C) and bias (C,) of the first convolution, which learns if the input does."""
        found = self.input.weight.flatten(1), self.input.bias
        return tuple(t.detach() for t in found) if self.gradient == "identity" else found

    def _maximisation(self, x: Tensor, z: Tensor) -> Tensor:
        total = z.sum(dim=1, keepdim=True)  # B, 1, K
        kept = self._kept_from_zero(total)
        mu = x @ (z / kept)  # B, C, K
        if self.kernel == "fused":
            weight, bias = self._convolution
            mu = weight @ mu + bias.unsqueeze(1) * (total / kept)
        if self.norm == "layer":
            return F.layer_norm(mu.transpose(1, 2), mu.shape[1:2]).transpose(1, 2)
        return self._unit(mu) if self.norm == "l2" else mu

    def _unit(self, mu: Tensor) -> Tensor:
        return mu / self._kept_from_zero(mu.norm(dim=1, keepdim=True))

    def _kept_from_zero(self, total: Tensor) -> Tensor:
        return total + 1e-6 if self.variant == "official" else total.clamp_min(1e-12)

    @torch.no_grad()
    def _move_bases(self, mu: Tensor) -> None:
        mean = mu.mean(dim=0, keepdim=True)  # 1, C, K
        mean = self._unit(mean) if self.variant == "mmseg" else mean
        self.bases.mul_(self.momentum).add_(mean, alpha=1 - self.momentum)

    def cost(self, x: Shape) -> Cost:
        """Two 1x1 convolutions, one if fused, and 2T + 1 products of N·K·C: MACs grow as N·K."""
        cost = Cost.of(x, K=self.count, T=self.iterations)
        if self.kernel == "fused":
            cost = (
                cost.weights("input", "C·C + C")
                .matmul("input: of the bases", "2·T·B·K·C²")
                .matmul("input: bias in the E step", "T·B·K·C")
                .pointwise("input: bias in the M step", "T·(2·B·C·K + B·K)")
            )
        else:
            cost = cost.conv("input", "C", "C", bias=True)
        cost = (
            cost.weights("bases", "C·K" if self.update == "gradient" else "0")
            .matmul("E step", "T·B·N·K·C")
            .softmax("responsibilities", "T·B·N·K")
            .reduction("M step: sum of responsibilities", "T·B·N·K")
            .pointwise("M step: division by it", "T·(B·N·K + B·K)")
            .matmul("M step", "T·B·N·K·C")
        )
        if self.inverse_temperature != 1:
            cost = cost.pointwise("λ", "T·B·N·K")
        if self.norm == "l2":
            cost = cost.reduction("length of the bases", "T·B·C·K", squared=True)
            cost = cost.pointwise("division by it", "T·(B·C·K + B·K)")
        elif self.norm == "layer":
            cost = cost.layer_norm("norm of the bases", "T·B·C·K")
        return (
            cost.matmul("reconstruction", "B·N·K·C")
            .pointwise("its ReLU", "B·N·C")
            .conv("output", "C", "C")
            .batch_norm("output: norm", "C")
            .pointwise("residual and ReLU", "2·B·N·C")
        )
