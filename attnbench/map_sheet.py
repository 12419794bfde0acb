"""Attention maps over one photograph, as values: what `attnbench maps` draws, prints and tells.

Nothing here imports torch: `measure/_photograph` makes sheets, `report/map_figure.py` draws them.
"""

from dataclasses import dataclass
from functools import cached_property
from math import log

import numpy as np

Pixel = tuple[int, int]  # x from the left and y from the top, of the image as it is in its file


@dataclass(frozen=True)
class Photograph:
    """An image file, and its pixels as the heads read them: uint8, H x W x 3."""

    name: str
    width: int  # of the file, in pixels, as is the height
    height: int
    pixels: np.ndarray

    @property
    def read_size(self) -> tuple[int, int]:
        """Height and width as read."""
        return self.pixels.shape[0], self.pixels.shape[1]


@dataclass(frozen=True)
class Tile:
    """One map: float64 `weights`, h x w places that cover the photograph.

    `at` is the pixel whose map it is; `number`, from 1, is that of one of many that all pixels
    share, 0 of an only one. `even` is the weight that all places would have alike: of a map that
    adds up to 1 over them, or of a base, `is_base`, that shares each place with the others; 0 of a
    map that does neither.
    """

    name: str
    weights: np.ndarray
    at: Pixel | None = None
    number: int = 0
    even: float = 0.0
    is_base: bool = False

    @property
    def title(self) -> str:
        """As in "pairwise of 320,240", "base 12", "unary of all pixels"."""
        if self.at is not None:
            return f"{self.name} of {self.at[0]},{self.at[1]}"
        return f"{self.name} {self.number}" if self.number else f"{self.name} of all pixels"

    @property
    def is_signed(self) -> bool:
        return bool((self.weights < 0).any())

    @property
    def strongest(self) -> float:
        """The largest weight without its sign."""
        return float(np.abs(self.weights).max())

    @cached_property
    def entropy(self) -> float:
        """Of the weights without their signs, over their sum, in nats; 0 where all are 0."""
        shares = np.abs(self.weights).ravel()
        total = shares.sum()
        shares = shares[shares > 0] / total if total > 0 else np.ones(1)
        return float(-(shares * np.log(shares)).sum())

    @property
    def even_entropy(self) -> float:
        """That of a map which is the same everywhere."""
        return log(self.weights.size)

    @property
    def share(self) -> float:
        """Of all places, what a base has."""
        return float(self.weights.mean())

    def largest(self, of: Photograph) -> Pixel:
        """The pixel in the middle of the place with the largest weight."""
        h, w = self.weights.shape
        row, column = np.unravel_index(int(np.argmax(self.weights)), (h, w))
        return int((column + 0.5) * of.width / w), int((row + 0.5) * of.height / h)


@dataclass(frozen=True)
class Row:
    """The maps of one head: what its weights are, and what has to be known about them.

    `features` are height and width of the map that the head reads; `left_out` tells of how many
    tiles these are the chosen ones.
    """

    label: str
    weights: str
    reads: str
    features: tuple[int, int]
    tiles: tuple[Tile, ...]
    left_out: tuple[str, ...] = ()
    warning: str = ""


@dataclass(frozen=True)
class Sheet:
    """Heads over one photograph, and the pixels that were asked for."""

    photograph: Photograph
    asked: tuple[Pixel, ...]
    rows: tuple[Row, ...]

    @property
    def facts(self) -> tuple[str, ...]:
        """What a caption says of the image, a sentence each."""
        image = self.photograph
        told = f"The image has {image.width} x {image.height} pixels"
        if image.read_size != (image.height, image.width):
            height, width = image.read_size
            told += f"; the heads read it at {width} x {height}"
        pixels = ", ".join(f"{x},{y}" for x, y in self.asked)
        crosses = f"pixel {pixels}" if len(self.asked) == 1 else f"pixels {pixels}"
        return f"{told}.", f"Crosses mark {crosses}, whose maps are shown."


def told(sheet: Sheet) -> dict[str, object]:
    """All numbers of a sheet, for a program to read."""
    image = sheet.photograph
    height, width = image.read_size
    return {
        "image": {
            "name": image.name, "width": image.width, "height": image.height,
            "read_width": width, "read_height": height,
        },
        "at": [list(pixel) for pixel in sheet.asked],
        "heads": [_told_row(row, image) for row in sheet.rows],
    }  # fmt: skip


def _told_row(row: Row, image: Photograph) -> dict[str, object]:
    return {
        "head": row.label,
        "weights": row.weights,
        "reads": row.reads,
        "features": {"height": row.features[0], "width": row.features[1]},
        "warning": row.warning,
        "left_out": list(row.left_out),
        "maps": [
            {
                "name": tile.name,
                "at": list(tile.at) if tile.at else None,
                "number": tile.number or None,
                "grid": list(tile.weights.shape),
                "min": float(tile.weights.min()),
                "max": float(tile.weights.max()),
                "even": tile.even or None,
                "entropy": tile.entropy,
                "even_entropy": tile.even_entropy,
                "largest": list(tile.largest(image)),
            }
            for tile in row.tiles
        ],
    }
