"""The maps of a trained head on one image, in one form: rows of weights over a grid of places."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from attnbench import heads
from attnbench.measure._identities.case import calls, captured
from attnbench.measure._trained.laid_out import crossed, halved, of_cells, windowed

Kind = Literal["query", "shared", "base", "descriptor"]
OVER_CHANNELS = "channel_affinity"
# Submodules whose map is not one over pairs of places, and what it is called: (N, K), and (K, N).
BASES = {"responsibilities": "bases", "assignment": "codewords"}
DESCRIPTORS = {"gathering": "gathering", "region_affinity": "object region", "projection": "node"}


@dataclass(frozen=True)
class Map:
    """float64 `weights`, M x hw, over the hw places of a `grid` of h x w, in rows.

    A "query" map has a row for each place of the grid, a "shared" one a single row for all of them;
    of a "base" map each row is a base, and the weights of a place add up to 1 over the bases; each
    row of a "descriptor" map makes one vector of all places. `before` is, of a map that is made
    several times over, the one that was made before this, as it passed, (h, w, h + w).
    """

    name: str
    kind: Kind
    weights: Tensor
    grid: tuple[int, int]
    before: Tensor | None = None

    @property
    def is_distribution(self) -> bool:
        """Whether each row is one, as a softmax makes it."""
        rows = self.weights
        return bool((rows >= 0).all() and (rows.sum(dim=1) - 1).abs().max() < 0.01)

    def twice(self, place: int) -> Tensor | None:
        """hw: what a place reaches by this map and the one before it; None without one."""
        return None if self.before is None else self.weights[place] @ crossed(self.before)


@torch.no_grad()
def maps(network: nn.Module, head: str, x: Tensor) -> list[Map]:
    """Of one image, 1 x 3 x H x W; none of a head that declares none over places, or is fused."""
    block = block_name(network, head)
    if not block:
        return []
    return list(_maps(network, block, head, x))


def block_name(network: nn.Module, head: str) -> str:
    """The submodule that is the head itself, the first where there are several; "" for none."""
    names = (n for n, m in network.named_modules() if isinstance(m, heads.HEADS[head]))
    return next(names, "")


def _maps(network: nn.Module, block: str, head: str, x: Tensor) -> Iterator[Map]:
    module = network.get_submodule(block)
    inside = {name for name, _ in module.named_modules()}
    declared = heads.describe(head).keywords.get("maps", ())
    known = [path for path in declared if path in inside and path != OVER_CHANNELS]
    if not known:
        return
    height, width = captured(network, block, x).shape[2:]
    grid = int(height), int(width)
    for path in known:
        passed = [y.double().cpu() for y in calls(network, f"{block}.{path}", x)[-2:]]
        if passed:
            yield from _read(head, module, path, passed, grid)


def _read(
    head: str, module: nn.Module, path: str, passed: list[Tensor], grid: tuple[int, int]
) -> Iterator[Map]:
    """Those of a head whose shapes do not tell what they are over; `formed` for the others."""
    *earlier, last = passed
    if head == "isa":
        by = path.split(".")[1]
        whole = windowed(last, grid, module.window(*grid), by)
        yield Map(by.replace("_", " "), "query", whole, grid)
        return
    if len(last) != 1:
        return
    weights = last[0]
    if head == "ann":
        yield Map("pyramid", "query", of_cells(weights, grid, module.pyramid), grid)
    elif head == "ocr" and path == "affinity":
        yield Map("relation", "base", weights.T, grid)
    elif head == "a2" and path == "distribution":
        over_descriptors = module.over == 1
        yield Map(path, "base" if over_descriptors else "descriptor", weights, grid)
    elif head == "non_local" and module.sub_sample != "none":
        yield Map("pairwise", "query", halved(weights, grid), grid)
    elif head == "ccnet":
        before = earlier[0][0] if earlier else None
        yield Map("criss-cross", "query", crossed(weights), grid, before)
    else:
        yield from formed(path, weights, grid)


def formed(path: str, weights: Tensor, grid: tuple[int, int]) -> Iterator[Map]:
    """What a head made on a map of `grid`, as a Map; nothing for a shape that is not known here."""
    places, shape = grid[0] * grid[1], tuple(weights.shape)
    *inside, last = path.split(".")  # as in "directions.collect.affinity", "position_affinity"
    name = inside[-1] if inside else re.sub(r"_?affinity$", "", last)
    if path in BASES and shape[0] == places:
        yield Map(BASES[path], "base", weights.T, grid)
    elif path in DESCRIPTORS and shape[1] == places:
        yield Map(DESCRIPTORS[path], "descriptor", weights, grid)
    elif shape == (places, places):
        yield Map(name or "pairwise", "query", weights, grid)
    elif shape == (1, places):
        yield Map("unary", "shared", weights, grid)
    elif shape == (*grid, sum(grid)):
        yield Map("criss-cross", "query", crossed(weights), grid)
    elif len(shape) == 3 and shape[1:] == (places, places):  # of several heads of attention
        yield Map(f"mean of {shape[0]} heads", "query", weights.mean(0), grid)
    elif len(shape) == 3 and shape[0] == shape[1] * shape[2]:  # sources by takers
        yield Map(name, "query", weights.flatten(1).T, shape[1:])
    elif len(shape) == 2 and places in shape:
        yield _of_a_user(name, weights if shape[1] == places else weights.T, grid)


def _of_a_user(name: str, weights: Tensor, grid: tuple[int, int]) -> Map:
    """(K, hw) of a head that is not ours: bases, if each place is shared out among them."""
    is_shared_out = bool((weights.sum(dim=0) - 1).abs().max() < 0.01)
    kind: Kind = "base" if is_shared_out else "descriptor"
    return Map(name or kind, kind, weights, grid)
