"""The fused kernel computes the function of the eager one.

Source: Dao et al., FlashAttention, NeurIPS 2022, theorem 1: the same softmax attention, by tiles.
"""

from attnbench import heads
from attnbench.errors import HeadError
from attnbench.measure._identities.case import Case, apart


def fused(case: Case) -> float | None:
    """Epsilons between the fused and the eager kernel of a head; None where it has one alone."""
    if "fused" not in heads.kernels(case.trial.head):
        return None
    try:
        module = case.variant(kernel="fused")
    except HeadError:  # these options have no fused kernel
        return None
    return apart(module(case.x), case.head(case.x))
