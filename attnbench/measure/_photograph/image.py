"""The photograph that a user names, as heads read it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from attnbench.errors import DataError
from attnbench.map_sheet import Photograph, Pixel
from attnbench.train.datasets._pictures import picture


def photograph(path: Path, longest: int) -> Photograph:
    """A PNG or JPEG of at most 64 Mpixel, its longer side brought down to `longest` pixels.

    A smaller one stays as it is. Raises DataError.
    """
    real = path.resolve()
    if not real.is_file():
        raise DataError(f"{path}: no such file; --image takes a PNG or JPEG")
    pixels = picture(real, real.parent)
    height, width = pixels.shape[:2]
    scale = longest / max(height, width)
    if scale < 1:
        size = tuple(max(round(side * scale), 1) for side in (width, height))
        pixels = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))
    return Photograph(path.name, width, height, pixels)


def pixels_asked(typed: Sequence[str], image: Photograph) -> tuple[Pixel, ...]:
    """Those of "X,Y", once each; without any the middle one. Raises DataError."""
    if not typed:
        return ((image.width // 2, image.height // 2),)
    return tuple(dict.fromkeys(_pixel(text, image) for text in typed))


def _pixel(text: str, image: Photograph) -> Pixel:
    x, comma, y = (part.strip() for part in text.partition(","))
    if not (comma and x.isdecimal() and y.isdecimal()):
        raise DataError(f"--at {text}: expected X,Y in pixels of the image, as in --at 320,240")
    pixel = int(x), int(y)
    if pixel[0] >= image.width or pixel[1] >= image.height:
        last = f"{image.width - 1},{image.height - 1}"
        raise DataError(f"--at {text}: outside of {image.name}, whose last pixel is {last}")
    return pixel
