"""Identities of EM attention: its limit is k-means, and what it rebuilds has low rank.

Source: Li, Zhong, Wu, Yang, Lin, Liu. Expectation-Maximization Attention Networks for Semantic
Segmentation, ICCV 2019, sec. 3.
"""

from collections.abc import Callable
from math import log

import torch
from torch import Tensor

from attnbench.measure._identities.case import Case, apart

Guard = Callable[[Tensor], Tensor]  # keeps what is divided by from 0

TIE = 64  # machine epsilons between the two best bases, below which rounding decides for a pixel


def kmeans(case: Case) -> float | None:
    """Epsilons between one step of the head with λ → ∞, rebuilt, and one step of k-means.

    With λ → ∞ the softmax over bases of λ x·μ is one-hot at the largest x·μ. The first bases have
    length 1, so |x - μ|² = |x|² + 1 - 2 x·μ, and that is the nearest base; the M step is then the
    mean of the pixels of each base. With `norm="l2"` the mean gets length 1 again: spherical
    k-means. λ is so large that e^(-λ gap) underflows to 0 for the smallest gap of all pixels
    between their best base and the next; pixels with a gap that may be rounding are left out. One
    step only: a base without pixels becomes 0 in the head, which then wins over all negative x·μ,
    and k-means has no such rule. Both divide with the head's guard against 0, which moves a mean
    of n pixels by 1e-6 / n as released.
    """
    if case.head.norm == "layer":
        return None
    x, mu = pixels(case), case.head.bases  # 1, C, N; 1, C, K
    gap = gaps(x, mu)
    decided = gap > TIE * torch.finfo(x.dtype).eps
    x = x[:, :, decided]
    hard = case.variant(inverse_temperature=certain(gap[decided]), iterations=1)
    means, nearest = kmeans_step(x[0], mu[0], hard._kept_from_zero)
    means = hard._unit(means[None])[0] if hard.norm == "l2" else means
    return apart(hard.reconstruction(x)[0], means[:, nearest])


def rank(case: Case) -> int | None:
    """Numerical rank of the map rebuilt, C x N: at most K, as μ zᵀ is a product through K.

    Singular values above max(C, N) · eps of the largest. None where C or N is at most K already.
    """
    x = pixels(case)
    if case.head.count >= min(x.shape[1:]):
        return None
    return int(torch.linalg.matrix_rank(case.head.reconstruction(x)[0]))


def pixels(case: Case) -> Tensor:
    """(1, C, N): what the EM steps of the head see."""
    return case.head.input(case.x).flatten(2)


def gaps(x: Tensor, mu: Tensor) -> Tensor:
    """(1, C, N), (1, C, K) -> (N,): x·μ of the best base less that of the next."""
    best, second = (x[0].T @ mu[0]).topk(2, dim=1).values.unbind(dim=1)
    return best - second


def certain(gap: Tensor) -> float:
    """The λ with which even the second-best base of every pixel gets responsibility 0 exactly."""
    info = torch.finfo(gap.dtype)
    return -2 * log(info.tiny * info.eps) / float(gap.min())


def kmeans_step(x: Tensor, mu: Tensor, guard: Guard) -> tuple[Tensor, Tensor]:
    """(C, N), (C, K) -> means (C, K) of the pixels nearest to each base; which is nearest, (N,)."""
    exact = "donot_use_mm_for_euclid_dist"
    nearest = torch.cdist(x.T, mu.T, compute_mode=exact).argmin(dim=1)  # N
    sums = torch.zeros_like(mu).index_add(1, nearest, x)
    return sums / guard(nearest.bincount(minlength=mu.shape[1]).to(x.dtype)), nearest
