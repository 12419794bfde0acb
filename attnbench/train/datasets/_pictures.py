"""Pictures and masks of a folder that somebody else made, read without harm.

Only plain files below the root, only PNG and JPEG, only up to LARGEST pixels: a decoder for
another format, a link to elsewhere, or a file that unfolds to gigabytes are refused. What is wrong
is a DataError that names the file.
"""

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from attnbench.errors import DataError
from attnbench.printable import one_line

LARGEST = 64 * 2**20  # pixels of a picture; the largest of these data sets have a quarter of that
_FORMATS = ("PNG", "JPEG")
_IMAGE_MODES = ("RGB", "L", "P", "RGBA", "LA", "CMYK")
# What Pillow raises at a broken file, beside OSError for most.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)
_BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)


def picture(path: Path, root: Path) -> np.ndarray:
    """uint8, H x W x 3. Grey and palette pictures become RGB; EXIF does not turn them."""
    with _opened(path, root) as image:
        if image.mode not in _IMAGE_MODES:
            raise DataError(f"{path}: mode {image.mode}; save the picture with 8 bits a channel")
        return _pixels(image, path, as_rgb=True)


def indices(path: Path, root: Path) -> np.ndarray:
    """uint8, H x W: the values that a mask holds; of a palette PNG the index, not the colour."""
    with _opened(path, root) as image:
        if image.mode not in ("P", "L"):
            raise DataError(
                f"{path}: mode {image.mode}; save the mask as mode P or L, 8 bits that are the "
                "index of the class, not its colour"
            )
        if image.format != "PNG":
            raise DataError(f"{path}: a mask saved as {image.format}, which changes its values")
        if image.mode == "L" and image.tile and image.tile[0][3] != "L":
            raise DataError(f"{path}: fewer than 8 bits a pixel, which readers scale; save it in 8")
        return _pixels(image, path)


def colours(path: Path, root: Path) -> np.ndarray:
    """uint8, H x W x 3, of a mask that holds the colour of its class."""
    with _opened(path, root) as image:
        if image.mode != "RGB" or image.format != "PNG":
            raise DataError(
                f"{path}: {image.format} of mode {image.mode}; a mask of colours is RGB"
            )
        return _pixels(image, path)


def size(path: Path, root: Path) -> tuple[int, int]:
    """Height and width, from the beginning of the file."""
    with _opened(path, root) as image:
        return image.height, image.width


def inside(path: Path, root: Path) -> Path:
    """The plain file that `path` is, below the root. Raises DataError where it is not."""
    try:
        real = path.resolve()
        is_there, is_plain = real.exists(), real.is_file()
    except (OSError, ValueError) as error:
        raise DataError(_broken(path, error)) from None
    if not real.is_relative_to(root.resolve()):
        raise DataError(f"{path}: leads outside of {root}; copy it there, it is not followed")
    if not is_there:
        raise DataError(
            f"{path}: missing, though its split needs it; get it, or what it belongs to"
        )
    if not is_plain:
        raise DataError(f"{path}: not a plain file")
    return real


def _opened(path: Path, root: Path) -> Image.Image:
    real = inside(path, root)
    try:
        image = Image.open(real, formats=_FORMATS)
    except _BOMB:
        raise DataError(_too_large(path)) from None
    except _BROKEN as error:
        raise DataError(_broken(path, error)) from None
    if image.width * image.height > LARGEST:
        image.close()
        raise DataError(_too_large(path))
    return image


def _pixels(image: Image.Image, path: Path, *, as_rgb: bool = False) -> np.ndarray:
    try:
        if as_rgb and "transparency" in image.info:  # else Pillow warns that it is dropped
            image = image.convert("RGBA")
        return np.array(image.convert("RGB") if as_rgb else image, dtype=np.uint8)
    except _BROKEN as error:
        raise DataError(_broken(path, error)) from None


def _too_large(path: Path) -> str:
    return f"{path}: more than {LARGEST} pixels; scale it down, such a picture is not opened"


def _broken(path: Path, error: Exception) -> str:
    if isinstance(error, Image.UnidentifiedImageError):
        told = "no PNG or JPEG"
    else:
        told = getattr(error, "strerror", None) or one_line(str(error))
    return f"{path}: cannot be read: {told}; get the file again"
