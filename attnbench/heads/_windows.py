"""A map in windows: sorted into batches of small maps, and how large a window should be."""

from functools import cache

import numpy as np
from torch import Tensor, nn

# How (0 batch, 1 channel, 2 window row, 3 row in it, 4 window column, 5 column in it) is sorted
# into batches of small maps: by place in the window, or by window.
SORTED = {"long_range": (0, 3, 5, 1, 2, 4), "short_range": (0, 2, 4, 1, 3, 5)}
# The same of (0 batch, 1 window row, 2 row in it, 3 window column, 4 column in it, 5 channel).
PIXELS_SORTED = {"long_range": (0, 2, 4, 1, 3, 5), "short_range": (0, 1, 3, 2, 4, 5)}


def in_windows(attention: nn.Module, x: Tensor, window: tuple[int, int], by: str) -> Tensor:
    """(B, C, H, W) -> (B, C, H, W): `attention` on each of the small maps, sorted `by` range."""
    order = SORTED[by]
    (b, c, h, w), (ph, pw) = x.shape, window
    maps = x.reshape(b, c, h // ph, ph, w // pw, pw).permute(order)  # B, 2 axes, C, 2 axes
    y = attention(maps.flatten(0, 2)).unflatten(0, maps.shape[:3])
    return y.permute([order.index(axis) for axis in range(len(order))]).reshape(x.shape)


def pixels_in_windows(
    attention: nn.Module, pixels: Tensor, window: tuple[int, int], by: str
) -> Tensor:
    """(B, H, W, C) -> (B, H, W, C): `in_windows` where the channels of a pixel lie side by side.

    Whole pixels are moved, and `attention` gets its small maps in torch's format `channels_last`.
    """
    order = PIXELS_SORTED[by]
    (b, h, w, c), (ph, pw) = pixels.shape, window
    maps = pixels.reshape(b, h // ph, ph, w // pw, pw, c).permute(order)
    y = attention(maps.flatten(0, 2).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    back = [order.index(axis) for axis in range(len(order))]
    return y.unflatten(0, maps.shape[:3]).permute(back).reshape(pixels.shape)


def balanced_window(height: int, width: int) -> tuple[int, int]:
    """The window with the fewest pairs, padding included; of equals the squarest, then tallest."""
    return _fewest_pairs(height, width)


# As torch.compiler.assume_constant_result does, which would import all of the compiler: the search
# is numbers of the shape alone, and no part of a compiled graph.
balanced_window._dynamo_marked_constant = True


@cache
def _fewest_pairs(height: int, width: int) -> tuple[int, int]:
    ph, pw = np.ogrid[1 : height + 1, 1 : width + 1]
    pixels, windows = ph * pw, -(-height // ph) * -(-width // pw)
    pairs = pixels * windows * (pixels + windows)
    fewest = (np.argwhere(pairs == pairs.min()) + 1).tolist()
    return min(((h, w) for h, w in fewest), key=lambda size: (abs(size[0] - size[1]), -size[0]))
