"""Of which mixture EM attention is the EM, and whether its likelihood falls in any step.

Source: Li et al., Expectation-Maximization Attention Networks, ICCV 2019, sec. 3: EM with a kernel
exp(λ x·μ), the density left open. It follows from the E step, z_ik = softmax_k(λ x_i·μ_k).

*Gaussians, variance 1/λ.* Responsibilities go with π_k exp(-λ|x - μ_k|²/2), which is softmax_k of
λ x·μ_k - λ|μ_k|²/2 + ln π_k. That is the head's softmax in two cases:

1. All μ_k have length 1 and equal weights. The M step under |μ_k| = 1 maximises λ μ_k·Σ_i z_ik x_i:
   μ_k is that sum at length 1. These are the released steps, `norm="l2"`, to the letter: exact EM.
   As log-densities in x·μ they are also von Mises-Fisher densities, of direction x/|x| with
   concentration λ|x|.
2. Lengths are free and π_k = exp(λ|μ_k|²/2) / Σ_j exp(λ|μ_j|²/2). The expected log-likelihood is
   Σ_ik z_ik λ x_i·μ_k - N ln Σ_j exp(λ|μ_j|²/2), stationary where N π_k μ_k = Σ_i z_ik x_i. The
   head's mean divides by Σ_i z_ik in place of N π_k: without normalisation its M step is that of
   no such mixture, and nothing keeps the likelihood from falling.

*Equal weights, free lengths* need -λ|μ_k|²/2 in the E step; with it the mean is the exact M step.

So it is the normalisation that makes the steps EM. It holds from bases of length 1: the first step
from a moving average of them, which is shorter, goes from one family of mixtures to another. The
1e-6 that the head adds to a length shortens all bases of all steps nearly alike.
"""

from collections.abc import Callable
from itertools import pairwise
from math import log

import torch
from torch import Tensor, nn

from attnbench.measure._identities.case import Case
from attnbench.measure._identities.ema import pixels

STEPS = 16  # the released three, and enough for later ones to come near a maximum

Step = Callable[[Tensor, Tensor], Tensor]
LogLikelihood = Callable[[Tensor, Tensor, float], float]


def released(case: Case) -> float | None:
    """Fall under the head's own steps, normalised, of Gaussians at unit length (case 1)."""
    if case.head.norm != "l2":
        return None
    return _fall(case, head_step(case.head), unit_gaussians)


def unnormalised(case: Case) -> float:
    """Fall under the head's steps without normalisation, of Gaussians of tied weights (case 2)."""
    return _fall(case, head_step(case.variant(norm="none")), tied_gaussians)


def proper(case: Case) -> float:
    """Fall under the EM of Gaussians of equal weights and free lengths: by theory none."""
    return _fall(case, gaussian_step(case.head.inverse_temperature), equal_gaussians)


def _fall(case: Case, step: Step, likelihood: LogLikelihood) -> float:
    x, mu, strength = pixels(case), case.head.bases, case.head.inverse_temperature
    found = [likelihood(x, mu, strength)]
    for _ in range(max(STEPS, case.head.iterations)):
        mu = step(x, mu)
        found.append(likelihood(x, mu, strength))
    return largest_fall(found, torch.finfo(x.dtype).eps)


def largest_fall(found: list[float], eps: float) -> float:
    """Of one step to the next, over the largest value, in eps; 0 where each is above the last."""
    fall = max(before - after for before, after in pairwise(found))
    return max(fall, 0.0) / max(map(abs, found)) / eps


def head_step(head: nn.Module) -> Step:
    return lambda x, mu: head._maximisation(x, head._expectation(x, mu))


def gaussian_step(strength: float) -> Step:
    """E and M step of a mixture of Gaussians of equal weights and variance 1/λ."""

    def step(x: Tensor, mu: Tensor) -> Tensor:
        z = (strength * (x.transpose(1, 2) @ mu - _half_square(mu))).softmax(dim=-1)  # 1, N, K
        return x @ (z / z.sum(dim=1, keepdim=True))

    return step


def unit_gaussians(x: Tensor, mu: Tensor, strength: float) -> float:
    """Log-likelihood a pixel for |μ_k| = 1, but for the constant of a Gaussian."""
    logits = strength * (x.transpose(1, 2) @ mu - 0.5)
    return _a_pixel(x, logits, strength) - log(mu.shape[2])


def tied_gaussians(x: Tensor, mu: Tensor, strength: float) -> float:
    """The same for weights that go with exp(λ|μ_k|²/2)."""
    logits = strength * (x.transpose(1, 2) @ mu)
    return _a_pixel(x, logits, strength) - float((strength * _half_square(mu)).logsumexp(dim=-1))


def equal_gaussians(x: Tensor, mu: Tensor, strength: float) -> float:
    """The same for equal weights and any lengths."""
    logits = strength * (x.transpose(1, 2) @ mu - _half_square(mu))
    return _a_pixel(x, logits, strength) - log(mu.shape[2])


def _a_pixel(x: Tensor, logits: Tensor, strength: float) -> float:
    """Mean over pixels of ln Σ_k exp of the (1, N, K) logits, less λ|x|²/2."""
    return float((logits.logsumexp(dim=-1) - strength * _half_square(x)[:, 0]).mean())


def _half_square(x: Tensor) -> Tensor:
    return x.square().sum(dim=1, keepdim=True) / 2
