"""Identities of the dot product of query and key that disentangled non-local attention rests on.

Source: Yin, Yao, Cao, Li, Zhang, Lin, Hu. Disentangled Non-Local Neural Networks, ECCV 2020,
sec. 3. With the means m_q and m_k over the positions,

    q_i·k_j = (q_i - m_q)·(k_j - m_k) + m_q·k_j + q_i·m_k - m_q·m_k

The last two do not depend on the key j, so that they cancel in the softmax over keys: what is left
is a whitened pairwise term and a unary one, the saliency of key j for all queries alike.
"""

from torch import Tensor

from attnbench.measure._identities.case import Case, apart, captured


def split(case: Case) -> float | None:
    """Epsilons between the head's softmax of q·k and that of the pairwise plus the unary term."""
    if case.head.terms == "unary":
        return None
    coupled = case.variant(terms="coupled")
    query, key = _query_and_key(case)
    return apart(captured(coupled, "affinity", case.x), _softmax(case, split_logits(query, key)))


def key_mean(case: Case) -> float | None:
    """Epsilons between the head's map, whitened on both sides, and one on keys as they are.

    (q_i - m_q)·m_k does not depend on j.
    """
    if case.head.terms == "unary":
        return None
    whitened = case.variant(terms="pairwise")
    query, key = _query_and_key(case)
    logits = less_its_mean(query).transpose(1, 2) @ key
    return apart(captured(whitened, "affinity", case.x), _softmax(case, logits))


def split_logits(query: Tensor, key: Tensor) -> Tensor:
    """(B, K, N), (B, K, N) -> (B, N, N), without the two terms that cancel."""
    pairwise = less_its_mean(query).transpose(1, 2) @ less_its_mean(key)  # B, N, N
    return pairwise + query.mean(dim=2).unsqueeze(1) @ key  # B, 1, N


def less_its_mean(x: Tensor) -> Tensor:
    return x - x.mean(dim=2, keepdim=True)


def _query_and_key(case: Case) -> tuple[Tensor, Tensor]:
    return case.head.query(case.x).flatten(2), case.head.key(case.x).flatten(2)  # 1, K, N


def _softmax(case: Case, logits: Tensor) -> Tensor:
    return (logits * (case.head.inner**-0.5 / case.head.temperature)).softmax(dim=-1)
