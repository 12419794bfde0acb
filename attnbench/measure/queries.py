"""How much attention differs from query to query, over all pairs of rows of an N x N map.

Source: Cao, Xu, Lin, Wei, Hu. GCNet, ICCV workshops 2019, table 1: the cosine distance
(1 - cos) / 2, which is 0 for equal rows and 0.5 for orthogonal ones, and the Jensen-Shannon
divergence with natural logarithms, 0 to ln 2; means over all N² pairs. A number of these weights:
what the paper says needs trained ones.
"""

import torch
from torch import Tensor

from attnbench import heads
from attnbench.errors import UnmeasuredError
from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench
from attnbench.measure._identities.case import captured, case


@metric(
    origin="counted",
    units={"query.cosine_distance": "", "query.jsd": ""},
    better="higher",
    needs_device=True,
)
def queries(bench: Bench) -> dict[str, Found]:
    """Mean distances between rows of the first image's map; the second of distributions alone."""
    with torch.no_grad():
        attention = _map(bench).double()  # N, N
    told = {"query.cosine_distance": Found((cosine_distance(attention),))}
    if _distributions(attention):
        told["query.jsd"] = Found((jensen_shannon(attention),))
    return told


def _map(bench: Bench) -> Tensor:
    """(N, N): the first of the head's maps that has a row and a column for every position."""
    name, n = bench.trial.head, bench.trial.shape.pixels
    here = case(bench)
    for affinity in heads.describe(name).keywords.get("maps", ()):
        attention = captured(here.head, affinity, here.x)
        if attention is not None and attention.shape == (1, n, n):
            return attention[0]
    raise UnmeasuredError(f"{bench.trial.label} has no map of all pairs of positions")


def cosine_distance(rows: Tensor) -> float:
    """(N, M) -> mean of (1 - cos) / 2 over all pairs of rows."""
    unit = rows / rows.norm(dim=1, keepdim=True)
    return float((1 - unit @ unit.T).mean() / 2)


def jensen_shannon(rows: Tensor) -> float:
    """(N, M) distributions -> mean over all pairs: entropy of the mean less mean entropy."""
    own = _entropy(rows)
    of_means = [_entropy((row + rows) / 2).mean() for row in rows]
    return float(torch.stack(of_means).mean() - own.mean())


def _entropy(rows: Tensor) -> Tensor:
    return -torch.special.xlogy(rows, rows).sum(dim=-1)


def _distributions(rows: Tensor) -> bool:
    """Of what a softmax made, in any type."""
    return bool((rows >= 0).all() and (rows.sum(dim=1) - 1).abs().max() < 0.01)
