"""Pictures of a record, which may be of anybody: shown where they are what they say."""

import io
import re
from base64 import b64decode
from binascii import Error
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

LONGEST = 2**20  # characters
LARGEST_SIDE = 2048  # pixels
_URI = re.compile(r"data:image/(png|jpeg);base64,([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True)
class Picture:
    """A data URI that holds a PNG or a JPEG and nothing else, and its size in pixels."""

    uri: str
    width: int
    height: int


def picture(text: str) -> Picture | None:
    """None for what is no picture, is of another kind, or is too large to be one of ours.

    No more than its head is decoded here; the browser that shows it does the rest.
    """
    told = _URI.fullmatch(text) if len(text) <= LONGEST else None
    if told is None:
        return None
    kind, content = told.groups()
    try:
        with Image.open(io.BytesIO(b64decode(content, validate=True)), formats=[kind]) as opened:
            width, height = opened.size
    except (Error, UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return None
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        return None
    return Picture(text, width, height)
