"""From the maps of a head to the tiles of a sheet: those of the pixels that were asked for."""

from collections.abc import Iterator, Sequence

from torch import Tensor

from attnbench.map_sheet import Photograph, Pixel, Tile
from attnbench.measure._trained.maps import Map

MOST = 16  # bases, or descriptors, of a map: as many as can be told apart on a page
CHOSEN = {"base": "those with the most of the image", "descriptor": "the most concentrated"}


def tiles(found: Map, asked: Sequence[Pixel], image: Photograph) -> tuple[list[Tile], str]:
    """Of one map, and which of how many they are; "" where they are all."""
    if found.kind == "query":
        return list(_of_queries(found, asked, image)), ""
    if found.kind == "shared":
        return [_tile(found.name, found.weights[0], found)], ""
    name, how = found.name.removesuffix("s"), {"is_base": found.kind == "base"}
    made = [_tile(name, row, found, number=k + 1, **how) for k, row in enumerate(found.weights)]
    if len(made) <= MOST:
        return made, ""
    order = (lambda t: -t.share) if found.kind == "base" else (lambda t: t.entropy)
    told = f"{MOST} of {len(made)} {name} maps, {CHOSEN[found.kind]}"
    return sorted(made, key=order)[:MOST], told


def _of_queries(found: Map, asked: Sequence[Pixel], image: Photograph) -> Iterator[Tile]:
    for pixel in asked:
        place = place_of(pixel, found.grid, image)
        yield _tile(found.name, found.weights[place], found, at=pixel)
        twice = found.twice(place)
        if twice is not None:
            yield _tile(f"{found.name} twice", twice, found, at=pixel)


def place_of(pixel: Pixel, grid: tuple[int, int], image: Photograph) -> int:
    """The number of the place of a grid in which a pixel of the image lies."""
    x, y = pixel
    return y * grid[0] // image.height * grid[1] + x * grid[1] // image.width


def _tile(name: str, row: Tensor, found: Map, **how: bool | int | Pixel) -> Tile:
    return Tile(name, row.reshape(found.grid).numpy(), even=_even(found), **how)


def _even(found: Map) -> float:
    """The weight that is alike everywhere; 0 where weights have no sum that is told.

    Of a window on the edge some of the weight lies outside of the map, so that not all rows sum
    to 1.
    """
    if found.kind == "base":
        return 1 / len(found.weights)
    sums, is_positive = found.weights.sum(dim=1), bool((found.weights >= 0).all())
    return 1 / found.weights.shape[1] if is_positive and abs(sums.max() - 1) < 0.01 else 0.0
