"""A map in windows: sorted into batches of small maps, and how large a window should be."""

from functools import cache

import numpy as np
from torch import Tensor, nn

# How (0 batch, 1 channel, 2 window row, 3 row in it, 4 window column, 5 column in it) is sorted
# into batches of small maps: by place in the window, or by window.
SORTED = {"long_range": (0, 3, 5, 1, 2, 4), "short_range": (0, 2, 4, 1, 3, 5)}


def in_windows(attention: nn.Module, x: Tensor, window: tuple[int, int], by: str) -> Tensor:
    """(B, C, H, W) -> (B, C, H, W): `attention` on each of the small maps, sorted `by` range."""
    order = SORTED[by]
    (b, c, h, w), (ph, pw) = x.shape, window
    maps = x.reshape(b, c, h // ph, ph, w // pw, pw).permute(order)  # B, 2 axes, C, 2 axes
    y = attention(maps.flatten(0, 2)).unflatten(0, maps.shape[:3])
    return y.permute([order.index(axis) for axis in range(len(order))]).reshape(x.shape)


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
