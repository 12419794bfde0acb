"""The maps of a trained head on one image, in one form: a row of weights over a grid of places."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from attnbench import heads
from attnbench.measure._identities.case import captured

Kind = Literal["query", "shared", "base"]
OVER_CHANNELS = "channel_affinity"
BASES = "responsibilities"


@dataclass(frozen=True)
class Map:
    """float64 `weights`, M x hw, over the hw places of a `grid` of h x w, in rows.

    A "query" map has a row for each place of the grid, a "shared" one a single row for all of them;
    of a "base" map each row is a base, and the weights of a place add up to 1 over the bases.
    """

    name: str
    kind: Kind
    weights: Tensor
    grid: tuple[int, int]

    @property
    def is_distribution(self) -> bool:
        """Whether each row is one, as a softmax makes it."""
        rows = self.weights
        return bool((rows >= 0).all() and (rows.sum(dim=1) - 1).abs().max() < 0.01)


@torch.no_grad()
def maps(network: nn.Module, head: str, x: Tensor) -> list[Map]:
    """Of one image, 1 x 3 x H x W; none of a head that declares none over places, or is fused."""
    blocks = [n for n, m in network.named_modules() if isinstance(m, heads.HEADS[head])]
    if not blocks:
        return []
    return list(_maps(network, blocks[0], heads.describe(head).keywords.get("maps", ()), x))


def _maps(network: nn.Module, block: str, paths: tuple[str, ...], x: Tensor) -> Iterator[Map]:
    inside = {name for name, _ in network.get_submodule(block).named_modules()}
    known = [path for path in paths if path in inside and path != OVER_CHANNELS]
    if not known:
        return
    height, width = captured(network, block, x).shape[2:]
    for path in known:
        weights = captured(network, f"{block}.{path}", x)
        if weights is not None and len(weights) == 1:
            yield from formed(path, weights[0].double().cpu(), (height, width))


def formed(path: str, weights: Tensor, grid: tuple[int, int]) -> Iterator[Map]:
    """What a head made on a map of `grid`, as a Map; nothing for a shape that is not known here."""
    places, shape = grid[0] * grid[1], tuple(weights.shape)
    *inside, last = path.split(".")  # as in "directions.collect.affinity", "position_affinity"
    name = inside[-1] if inside else re.sub(r"_?affinity$", "", last)
    if path == BASES and shape[0] == places:
        yield Map("bases", "base", weights.T, grid)
    elif shape == (places, places):
        yield Map(name or "pairwise", "query", weights, grid)
    elif shape == (1, places):
        yield Map("unary", "shared", weights, grid)
    elif shape == (*grid, sum(grid)):
        yield Map("criss-cross", "query", _crossed(weights), grid)
    elif len(shape) == 3 and shape[0] == shape[1] * shape[2]:  # sources by takers
        yield Map(name, "query", weights.flatten(1).T, shape[1:])


def _crossed(weights: Tensor) -> Tensor:
    """(h, w, h + w) over a place's column, then its row -> (hw, hw): zeros away from the cross."""
    h, w = weights.shape[:2]
    whole = weights.new_zeros(h, w, h, w)
    for i in range(h):
        for j in range(w):
            whole[i, j, :, j] += weights[i, j, :h]
            whole[i, j, i, :] += weights[i, j, h:]
    return whole.view(h * w, h * w)
