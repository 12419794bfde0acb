"""A crop of a sample: enlarged, cut, mirrored at random; all of it drawn from one generator."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from attnbench.train.datasets import VOID
from attnbench.train.split import Sample
from attnbench.training import Training

Crop = tuple[Tensor, Tensor]


def crop(sample: Sample, size: tuple[int, int], recipe: Training, rng: np.random.Generator) -> Crop:
    """float32, 3 x h x w in levels of 0 to 255, NaN where the image ends; int64 h x w, void there.

    The image is enlarged by a factor drawn from `recipe.scale`, and a place of `size` drawn in it.
    """
    image = torch.from_numpy(sample.image).permute(2, 0, 1).float()
    label = torch.from_numpy(sample.label).long()
    if recipe.scale != (1.0, 1.0):
        image, label = resized(image, label, float(rng.uniform(*recipe.scale)))
    if label.shape != size:
        image, label = _cut(image, label, size, rng)
    if recipe.flip and rng.random() < 0.5:
        image, label = image.flip(-1), label.flip(-1)
    return image, label


def resized(image: Tensor, label: Tensor, factor: float) -> Crop:
    """Image bilinear, with antialias where it gets smaller; label by the nearest pixel."""
    size = [max(1, round(side * factor)) for side in label.shape]
    how = {"size": size, "mode": "bilinear", "align_corners": False}
    image = interpolate(image[None], **how, antialias=factor < 1)[0]
    label = interpolate(label[None, None].float(), size=size, mode="nearest-exact")
    return image, label[0, 0].long()


def _cut(image: Tensor, label: Tensor, size: tuple[int, int], rng: np.random.Generator) -> Crop:
    """A place that is drawn; an image smaller than the crop is padded right and below."""
    at = tuple(
        slice(start := int(rng.integers(max(have - want, 0) + 1)), start + want)
        for have, want in zip(label.shape, size, strict=True)
    )
    image, label = image[:, *at], label[at]
    if label.shape == size:
        return image, label
    height, width = label.shape
    padded = torch.full((3, *size), torch.nan), torch.full(size, VOID)
    padded[0][:, :height, :width], padded[1][:height, :width] = image, label
    return padded
