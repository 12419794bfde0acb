"""Double attention as EM attention of one iteration, and its two orders as one function.

Source: Li et al., Expectation-Maximization Attention Networks, ICCV 2019: A² is EM attention of one
iteration with learned bases; Chen et al., A²-Nets, NeurIPS 2018, eq. 4 and 5.

With μ the K = n weight vectors of the distribution, l = xᵀμ, and z = softmax of l over K:

    EM, one step without normalisation:  μ' = Σ_i x_i z_ik / Σ_j z_jk,   y = μ' zᵀ
    A²: gathered with softmax over the pixels of b_ik, distributed with z

exp(ln z_ik) / Σ_j exp(ln z_jk) = z_ik / Σ_j z_jk, so the gathering is the M step where its logits
are b = ln z, not where they are b = l: these lack each pixel's sum over the bases. The feature
transform is linear and both maps sum to 1, so that it may come before or after.
"""

from torch import Tensor, nn

from attnbench.heads.ema import EMA
from attnbench.measure._identities.case import Case, apart


def orders(case: Case) -> float:
    """Epsilons between (features · gatheringᵀ) · distribution and features · (gatheringᵀ · it)."""
    descriptors = case.variant(order="descriptors_first")(case.x)
    return apart(case.variant(order="pairs_first")(case.x), descriptors)


def is_em(case: Case) -> float:
    """Epsilons between A² with gathering logits ln z and the EM attention head on its bases."""
    a2 = sharing(case)
    a2.gather = nn.Sequential(a2.distribute, nn.LogSoftmax(dim=1))
    return apart(a2(case.x), one_em_step(a2, case.x))


def is_em_by_sharing(case: Case) -> float:
    """Epsilons between the two where gathering and distribution share their logits alone."""
    a2 = sharing(case)
    a2.gather = a2.distribute
    return apart(a2(case.x), one_em_step(a2, case.x))


def sharing(case: Case) -> nn.Module:
    """The block of the case; EM has no bias on x·μ, and the residual sum is the caller's."""
    a2 = case.variant(residual=False)
    a2.distribute.bias.zero_()
    return a2


def one_em_step(a2: nn.Module, x: Tensor) -> Tensor:
    """EM attention on the weights of the distribution, between the transforms of A²."""
    em = EMA(a2.channels, bases=a2.n, iterations=1, norm="none", variant="mmseg").to(x)
    em.bases.copy_(a2.distribute.weight.flatten(1).T)  # C, n
    y = a2.feature(em.reconstruction(x.flatten(2)).unflatten(2, x.shape[2:]))
    return y if a2.output is None else a2.output(y)
