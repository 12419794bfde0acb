"""Maps over something else than the places of a grid, laid out over them: (hw, …) -> (hw, hw)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from attnbench.heads._ann_network import Pyramid
from attnbench.heads._windows import in_windows

Grid = tuple[int, int]  # height and width, in places


def crossed(weights: Tensor) -> Tensor:
    """(h, w, h + w) over a place's column, then its row: zeros away from the cross."""
    h, w = weights.shape[:2]
    whole = weights.new_zeros(h, w, h, w)
    i, j = torch.arange(h * w) // w, torch.arange(h * w) % w
    whole[i, j, :, j] += weights[i, j, :h]
    whole[i, j, i] += weights[i, j, h:]
    return whole.view(h * w, h * w)


def windowed(weights: Tensor, grid: Grid, window: Grid, by: str) -> Tensor:
    """(small maps, n, n) over the places of each small map that ISA attends in, sorted `by` range.

    The head itself tells which places these are: their numbers take the way of its pixels. Zeros
    where it does not reach. What lies on the zeros around a padded map is left out.
    """
    places = _small_maps(grid, window, by)  # small maps, n
    whole = weights.new_zeros(grid[0] * grid[1], grid[0] * grid[1])
    for index, inside in zip(places, weights, strict=True):
        kept = index >= 0
        row = index[kept]
        whole[row[:, None], row] = inside[kept][:, kept]
    return whole


def of_cells(weights: Tensor, grid: Grid, pyramid: Pyramid) -> Tensor:
    """(hw, M) over the cells of a pyramid: what a place has of each cell's mean."""
    places = grid[0] * grid[1]
    one_hot = torch.eye(places, dtype=weights.dtype).view(1, places, *grid)
    return weights @ pyramid.cells(one_hot)[0].T


def halved(weights: Tensor, grid: Grid) -> Tensor:
    """(hw, M) over the maxima of 2 x 2 places: the weight of each in equal parts on the four."""
    (h, w), rows = grid, len(weights)
    four = weights.view(rows, h // 2, w // 2) / 4
    whole = four.repeat_interleave(2, dim=1).repeat_interleave(2, dim=2)
    return pad(whole, (0, w % 2, 0, h % 2)).flatten(1)  # an odd last row or column is in no maximum


def _small_maps(grid: Grid, window: Grid, by: str) -> Tensor:
    """The numbers of the places of each small map, -1 on the padding."""
    down, right = (-side % step for side, step in zip(grid, window, strict=True))
    top, left = down // 2, right // 2
    numbers = torch.arange(grid[0] * grid[1]).view(1, 1, *grid)
    padded = pad(numbers, (left, right - left, top, down - top), value=-1)
    seen: list[Tensor] = []
    look = nn.Identity()
    look.register_forward_hook(lambda _m, _x, y: seen.append(y))
    in_windows(look, padded, window, by)
    return seen[0].flatten(1)
