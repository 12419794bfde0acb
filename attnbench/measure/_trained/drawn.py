"""Images, masks and maps as small pictures in a line of text: data URIs of PNG or JPEG."""

import io
from base64 import b64encode

import numpy as np
from PIL import Image
from torch import Tensor

from attnbench.measure._trained.colours import colour

LONGEST = 160  # pixels, the longer side of an image or a mask
QUALITY = 85  # of JPEG


def image(levels: np.ndarray) -> str:
    """uint8, H x W x 3, made smaller where it is large; in the shorter of two formats."""
    small = _small(Image.fromarray(levels), Image.Resampling.LANCZOS)
    found = _written(small, "png", optimize=True), _written(small, "jpeg", quality=QUALITY)
    return min(found, key=len)


def mask(label: np.ndarray) -> str:
    """uint8, H x W, in the colours of the classes; made smaller by the nearest pixel."""
    seen, places = np.unique(label, return_inverse=True)
    drawn = Image.fromarray(places.reshape(label.shape).astype(np.uint8), "P")
    drawn.putpalette([level for index in seen.tolist() for level in colour(index)])
    return _written(_small(drawn, Image.Resampling.NEAREST), "png", optimize=True)


def weights(row: Tensor, grid: tuple[int, int]) -> str:
    """A pixel a place, grey: the square root of its weight over the largest, white for that.

    A root, because a softmax leaves most places far below the largest.
    """
    shares = (row.clamp_min(0) / row.max().clamp_min(1e-30)).sqrt()
    levels = (255 * shares).round().byte().view(grid).numpy()
    return _written(Image.fromarray(levels), "png", optimize=True)


def _small(picture: Image.Image, how: Image.Resampling) -> Image.Image:
    scale = LONGEST / max(picture.size)
    if scale >= 1:
        return picture
    width, height = (max(round(side * scale), 1) for side in picture.size)
    return picture.resize((width, height), how)


def _written(picture: Image.Image, kind: str, **how: int) -> str:
    stream = io.BytesIO()
    picture.save(stream, kind, **how)
    return f"data:image/{kind};base64,{b64encode(stream.getvalue()).decode()}"
