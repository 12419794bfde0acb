"""How far criss-cross attention reaches.

Source: Huang et al., CCNet, ICCV 2019, sec. 3.3: in the first pass a position receives from its row
and column, H + W - 1 of them; from (u, v) information reaches (x, y) by (x, v) or (u, y) in two.
"""

from attnbench.measure._identities.case import Case
from attnbench.measure._identities.reach import received, unreached


def after_all(case: Case) -> int:
    """Pairs of positions without a path after the passes of the head."""
    return unreached(case.head, case.x)


def after_one(case: Case) -> int:
    """The same after one pass: N (N - H - W + 1)."""
    return unreached(case.variant(recurrence=1), case.x)


def most_of_one(case: Case) -> int:
    """The most positions that any one receives from in one pass: H + W - 1."""
    return int(received(case.variant(recurrence=1), case.x).sum(dim=1).max())
