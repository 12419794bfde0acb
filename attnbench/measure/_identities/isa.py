"""What interlaced sparse attention reaches, its map as a product of two, and what padding means.

Source: Huang et al., Interlaced Sparse Self-Attention for Semantic Segmentation, 2019, sec. 3:
long-range attention among the Q positions at one place of their windows, short-range
among the P of one window; every position then receives from every position.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from attnbench.heads._windows import in_windows
from attnbench.measure._identities.case import Case, apart
from attnbench.measure._identities.reach import unreached

STEPS = ("long_range", "short_range")


def after_all(case: Case) -> int:
    """Pairs of positions without a path through the head."""
    return unreached(case.head, case.x)


def after_long(case: Case) -> int | None:
    """The same through the long-range step alone: N (N - Q), where no padding is needed."""
    return _after(case, "long")


def after_short(case: Case) -> int | None:
    """The same through the short-range step alone: N (N - P)."""
    return _after(case, "short")


def _after(case: Case, step: str) -> int | None:
    if f"{step}_range" not in case.head.stages:
        return None
    return unreached(case.variant(order=f"{step}_only"), case.x)


def zeros_of_product(case: Case) -> int | None:
    """Zeros in the N x N product of the two maps, each of which has N·Q and N·P entries at most."""
    found = linear(case)
    return None if found is None else int((found[1] == 0).sum())


def rows_of_product(case: Case) -> float | None:
    """Epsilons between 1 and the sums of the rows of the product."""
    found = linear(case)
    if found is None:
        return None
    sums = found[1].sum(dim=1)
    return apart(sums, torch.ones_like(sums))


def factors(case: Case) -> float | None:
    """Epsilons between the context of the head and the product of its two maps times its input.

    The head's values and outputs are left out, which act on each position alone: with a ReLU
    between the steps the whole head is no product. Each map is block diagonal once positions are
    sorted as its step sorts them.
    """
    found = linear(case)
    if found is None:
        return None
    context, product = found
    return apart(context, case.x[0].flatten(1) @ product.T)


def linear(case: Case) -> tuple[Tensor, Tensor] | None:
    """Context (C, N) of the head without values and outputs, and the product of its maps, (N, N).

    None with one step only, or where padding takes part.
    """
    head, size = case.variant(), tuple(case.x.shape[2:])
    window = head.window(*size)
    if set(head.stages) != set(STEPS) or any(s % w for s, w in zip(size, window, strict=True)):
        return None
    head.fusion, maps = nn.Identity(), []
    for name, attention in head.stages.items():
        attention.value, attention.output = nn.Identity(), nn.Identity()
        place = positions(name, size, window)
        attention.affinity.register_forward_hook(
            lambda _m, _x, blocks, place=place: maps.append(spread(blocks, place))
        )
    context = head(case.x)[0, case.x.shape[1] :].flatten(1)
    first, second = maps
    return context, second @ first


def positions(step: str, size: tuple[int, int], window: tuple[int, int]) -> Tensor:
    """(blocks, positions of a block): which pixels a step puts together, in its own order."""
    seen: list[Tensor] = []
    numbers = torch.arange(size[0] * size[1]).view(1, 1, *size)
    in_windows(lambda maps: seen.append(maps) or maps, numbers, window, step)
    return seen[0].flatten(1)


def spread(blocks: Tensor, place: Tensor) -> Tensor:
    """The maps (blocks, p, p) of a step as one of N x N, 0 between blocks."""
    n = place.numel()
    dense = blocks.new_zeros(n, n)
    place = place.to(blocks.device)
    dense[place[:, :, None], place[:, None, :]] = blocks
    return dense


def padded(case: Case) -> float | None:
    """Epsilons between the head on a map that windows do not fit, and on that map padded by hand.

    The map is that of the case without its last row and column. The zeros that the head adds are
    attended to, so what is the same function is the head on the map with these zeros, cut back.
    None with a balanced partition, which chooses another window for another size.
    """
    if case.head.fixed is None or min(case.x.shape[2:]) == 1:
        return None
    x = case.x[:, :, :-1, :-1]
    (h, w), (ph, pw) = x.shape[2:], case.head.fixed
    down, right = -h % ph, -w % pw
    top, left = down // 2, right // 2
    whole = pad(x, (left, right - left, top, down - top))
    return apart(case.head(x), case.head(whole)[:, :, top : top + h, left : left + w])


def padding_ignored(case: Case) -> float:
    """Epsilons between one window as large as the map, and one a row and a column larger.

    Both are dense attention over the map: the same function if zeros were masked. They are not.
    """
    h, w = case.x.shape[2:]
    exact = case.variant(partition="fixed", window=h, window_width=w)
    larger = case.variant(partition="fixed", window=h + 1, window_width=w + 1)
    return apart(larger(case.x), exact(case.x))
