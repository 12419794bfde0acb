"""What a map follows, held against what chance would give: the class of the query, and boundaries.

    region lift    the mass of a query's map on places of the query's own class, over their share
                   of the places
    boundary lift  the same for the places at a boundary

Only labelled places count, as queries and as what is attended to. Over all queries of all images
the masses are added up, and the shares, and the one sum is divided by the other: 1 is chance.
The truth of a place is the commonest class of its pixels, void where most of them are void; it is
at a boundary where a place above, below, left or right of it has another class.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, one_hot, pad

from attnbench.train.datasets import VOID


@dataclass(frozen=True)
class Cues:
    """Sums over queries. `+` joins those of two images."""

    region: float = 0.0
    region_share: float = 0.0
    boundary: float = 0.0
    boundary_share: float = 0.0

    def __add__(self, other: "Cues") -> "Cues":
        mine, theirs = vars(self).values(), vars(other).values()
        return Cues(*(a + b for a, b in zip(mine, theirs, strict=True)))

    @property
    def region_lift(self) -> float | None:
        return self.region / self.region_share if self.region_share else None

    @property
    def boundary_lift(self) -> float | None:
        """None where no place is at a boundary."""
        return self.boundary / self.boundary_share if self.boundary_share else None


def cues(weights: Tensor, truth: Tensor) -> Cues:
    """Of a map, hw x hw or 1 x hw for all queries, and the truth of its places, h x w."""
    places, edges = truth.flatten(), at_boundary(truth).flatten()
    labelled = places != VOID
    total = int(labelled.sum())
    if not total:
        return Cues()
    places, edges = places[labelled], edges[labelled].double()
    rows = weights[labelled] if len(weights) > 1 else weights.expand(total, -1)
    mass = rows[:, labelled]
    mass = mass / mass.sum(dim=1, keepdim=True).clamp_min(torch.finfo(mass.dtype).tiny)
    alike = (places[:, None] == places).double()
    return Cues(
        region=float((mass * alike).sum()),
        region_share=float(alike.mean(dim=1).sum()),
        boundary=float((mass @ edges).sum()),
        boundary_share=float(edges.mean() * total),
    )


def reduced(label: np.ndarray, grid: tuple[int, int], classes: int) -> Tensor:
    """int64 of `grid`: the commonest class of the pixels of each place; the lowest of equals."""
    index = torch.from_numpy(label).long()
    shares = one_hot(index.where(index != VOID, classes), classes + 1).permute(2, 0, 1).double()
    found = adaptive_avg_pool2d(shares, grid).argmax(dim=0)
    return found.where(found != classes, VOID)


def at_boundary(truth: Tensor) -> Tensor:
    """Truth values, h x w: whether one of four neighbours has another class; void is none."""
    h, w = truth.shape
    around = pad(truth[None].double(), (1, 1, 1, 1), value=VOID)[0].long()
    edges = torch.zeros_like(truth, dtype=torch.bool)
    for down, right in ((0, 1), (2, 1), (1, 0), (1, 2)):
        beside = around[down : down + h, right : right + w]
        edges |= (beside != truth) & (beside != VOID)
    return edges & (truth != VOID)
