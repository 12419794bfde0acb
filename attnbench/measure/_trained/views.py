"""The images that a trained head is looked at on: spread evenly over the validation set."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attnbench.train.split import Sample


@dataclass(frozen=True)
class View:
    """The middle of an image, as large as a training crop; all of an image that is no larger."""

    image: np.ndarray  # uint8, H x W x 3
    label: np.ndarray  # uint8, H x W; 255 = void


def views(samples: Sequence[Sample], size: tuple[int, int], count: int) -> list[View]:
    """`count` of them, or all where there are fewer: the same for every head and seed."""
    count = min(count, len(samples))
    return [_view(samples[len(samples) * i // count], size) for i in range(count)]


def _view(sample: Sample, size: tuple[int, int]) -> View:
    at = tuple(
        slice(start := max(have - want, 0) // 2, start + want)
        for have, want in zip(sample.label.shape, size, strict=True)
    )
    return View(sample.image[at], sample.label[at])
