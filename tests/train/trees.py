"""Tiny trees of pictures and masks, made by hand; the real ones lie beside the checkout."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no data in {SHARED}")


def write(path, array, mode=None):
    """An array of H x W (8 bits grey) or H x W x 3 as the file `path`; mode P gets a palette."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.asarray(array, np.uint8))
    if mode == "P":
        # Colours whose grey value is never their index: whoever converts the mask is found out.
        image.putpalette([(13 * i + 7) % 256 for i in range(768)])
    image.save(path)
    return path


def picture(path, height=2, width=3):
    return write(path, np.full((height, width, 3), 99))


def mask(path, values, mode=None):
    """One row of pixels for each list in `values`."""
    return write(path, values, mode)


def text(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def plain_tree(root, values=((0, 1, 255), (1, 1, 0)), name="a"):
    """The plain layout, with one picture in train and in val, of 2 x 3 pixels and 2 classes."""
    text(root / "classes.txt", "grass", "sky")
    for split in ("train", "val"):
        picture(root / "images" / split / f"{name}.png")
        mask(root / "labels" / split / f"{name}.png", values)
    return root
