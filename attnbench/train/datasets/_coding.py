"""What the values of a mask mean: tables from what the file holds to the index of a class or void.

A table has an entry for each of 256 values and is filled with void, so nothing wraps and nothing
is left over; values that no such mask can hold are an error and not void.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attnbench.errors import DataError
from attnbench.train.datasets import VOID

_SHOWN = 5  # wrong values that a message names


@dataclass(frozen=True)
class Coding:
    """`table` gives the label of a value, uint8; `known` says whether a mask may hold the value."""

    table: np.ndarray
    known: np.ndarray

    def decode(self, mask: np.ndarray, path: Path) -> np.ndarray:
        """uint8, H x W: class or void. Raises DataError for values that the mask cannot hold."""
        counts = np.bincount(mask.ravel(), minlength=256)
        wrong = np.flatnonzero((counts > 0) & ~self.known)
        if len(wrong):
            told = ", ".join(map(str, wrong[:_SHOWN])) + (", ..." if len(wrong) > _SHOWN else "")
            raise DataError(
                f"{path}: label {told} in {counts[wrong].sum()} pixels, which no class has; "
                f"expected {_ranges(np.flatnonzero(self.known))}: are these masks of this data set?"
            )
        return self.table[mask]


def coding(meanings: Mapping[int, int], void: Iterable[int] = ()) -> Coding:
    """Values to classes; `void` are the other values that a mask may hold, and so is 255."""
    table, known = np.full(256, VOID, np.uint8), np.zeros(256, bool)
    known[[*meanings, *void, VOID]] = True
    table[list(meanings)] = list(meanings.values())
    return Coding(table, known)


def plain(classes: int) -> Coding:
    """The value is the class, from 0."""
    return coding({value: value for value in range(classes)})


def from_one(classes: int) -> Coding:
    """The value is the class plus one, and 0 is void."""
    return coding({value + 1: value for value in range(classes)}, void=[0])


def by_colour(
    mask: np.ndarray, palette: Mapping[tuple[int, int, int], int], path: Path
) -> np.ndarray:
    """uint8, H x W, of a mask of colours, H x W x 3: each pixel by its exact colour.

    Raises DataError for a colour that the palette does not have.
    """
    packed = mask.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    found, places = np.unique(packed, return_inverse=True)
    told = [(int(c) >> 16, int(c) >> 8 & 255, int(c) & 255) for c in found]
    for colour in told:
        if colour not in palette:
            raise DataError(
                f"{path}: colour {colour}, which no class has; masks of colours must be exact: "
                "was it resized, or saved as JPEG?"
            )
    return np.array([palette[c] for c in told], np.uint8)[places].reshape(mask.shape[:2])


def _ranges(values: Sequence[int]) -> str:
    """As in "0 to 20, 255" for the values 0, 1, ... 20, 255."""
    ends = np.flatnonzero(np.diff(values) != 1)
    starts = [values[0], *(values[i + 1] for i in ends)]
    stops = [*(values[i] for i in ends), values[-1]]
    pairs = zip(starts, stops, strict=True)
    return ", ".join(f"{a}" if a == b else f"{a} to {b}" for a, b in pairs)
