"""A map in colours over the greyed photograph, a cell a place.

Colour is the root of a weight over the largest of the map: a softmax leaves most places far below
the largest. A map that is the same everywhere, or nearly, is pale: its largest weight is held
against FULL times the even one. Dark is strong, so that a sheet can be read in print.
"""

import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap
from PIL import Image

from attnbench.map_sheet import Photograph, Tile
from attnbench.report.palette import color

FINEST = 2.5  # pixels of a drawn photograph to a point
BEHIND = (0.6, 1.0)  # levels of the greyed photograph: it has to stay behind what is over it
FULL = 6  # times the even weight, at least, in full colour
COVER = 0.92  # of the photograph, by the largest weight
HOT = LinearSegmentedColormap.from_list(
    "hot", ["#fff6d5", "#ffd166", "#f58220", color(1), "#6b0d12"]
)
COLD = LinearSegmentedColormap.from_list(
    "cold", ["#e3effd", "#9cc3f5", "#4a86e0", color(3), "#061a5e"]
)


def drawn(photo: Photograph, width: float) -> np.ndarray:
    """The photograph with as many pixels as a picture of so many points can show, 0 to 1."""
    most = int(FINEST * width)
    image = Image.fromarray(photo.pixels)
    if image.width > most:
        image = image.resize((most, max(round(most * image.height / image.width), 1)))
    return np.asarray(image) / 255


def heat(tile: Tile, photo: Photograph, width: float) -> np.ndarray:
    """A map over the greyed photograph, as wide as so many points."""
    grey = drawn(photo, width) @ (0.299, 0.587, 0.114)
    darkest, lightest = BEHIND
    grey = darkest + (lightest - darkest) * grey
    rows, columns = (
        np.arange(side) * places // side
        for side, places in zip(grey.shape, tile.weights.shape, strict=True)
    )
    weights = tile.weights[np.ix_(rows, columns)]
    shares = np.sqrt(np.abs(weights) / max(tile.strongest, FULL * tile.even, 1e-30))
    below = (weights < 0)[..., None]
    return np.where(below, over(grey, shares, COLD), over(grey, shares, HOT))


def over(grey: np.ndarray, shares: np.ndarray, colours: Colormap) -> np.ndarray:
    """Grey levels, and on them the colour of each share of the largest weight."""
    cover = (COVER * shares**0.6)[..., None]
    return (1 - cover) * grey[..., None] + cover * colours(shares)[..., :3]
