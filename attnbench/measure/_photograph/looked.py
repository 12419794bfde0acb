"""What a head looks at over a photograph: a row of a sheet."""

from collections.abc import Sequence

import torch
from torch import Tensor

from attnbench.errors import HeadError
from attnbench.map_sheet import Photograph, Pixel, Row
from attnbench.measure._identities.case import captured
from attnbench.measure._photograph.subject import Subject
from attnbench.measure._photograph.tiles import tiles
from attnbench.measure._trained.maps import Map, block_name, maps
from attnbench.train.batches import Normalise


def row(subject: Subject, image: Photograph, asked: Sequence[Pixel]) -> Row:
    """The maps of one head. Raises HeadError where it has none, or needs a larger image."""
    x = _input(subject, image)
    found, features = _maps(subject, x)
    if not found:
        raise HeadError(f"{subject.label}: with these options it has no map over pixels")
    made, left_out = [], []
    for each in found:
        drawn, told = tiles(each, asked, image)
        made += drawn
        left_out += [told] if told else []
    return Row(
        label=subject.label,
        weights=subject.weights,
        reads=subject.reads,
        features=features,
        tiles=tuple(made),
        left_out=tuple(left_out),
        warning=subject.warning,
    )


@torch.no_grad()
def _maps(subject: Subject, x: Tensor) -> tuple[list[Map], tuple[int, int]]:
    """And height and width of the features that the head reads, which it gives back as large."""
    block = block_name(subject.network, subject.head)
    height, width = captured(subject.network, block, x).shape[2:]
    return maps(subject.network, subject.head, x), (int(height), int(width))


def _input(subject: Subject, image: Photograph) -> Tensor:
    x = torch.from_numpy(image.pixels.copy()).permute(2, 0, 1)[None].float()
    return Normalise(subject.dataset)(x)
