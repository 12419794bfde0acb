"""The batch of a step: a function of the pictures, the seed and the step alone.

So a training that goes on after an interruption needs no state of a generator for it.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from torch import Tensor

from attnbench.train.augment import crop
from attnbench.train.datasets import describe, open_split
from attnbench.train.split import Sample, Split
from attnbench.training import Option, Training

MOST_KEPT = 2**30  # bytes of pictures that stay in memory; more are read each time


class Pictures:
    """Samples of a split by place, kept in memory once read, as far as that has room."""

    def __init__(self, split: Split):
        self.split, self.classes = split, len(split.classes)
        self._kept: dict[int, Sample] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self.split)

    def __getitem__(self, place: int) -> Sample:
        if place not in self._kept:
            sample = self.split[place]
            size = sample.image.nbytes + sample.label.nbytes
            if self._bytes + size > MOST_KEPT:
                return sample
            self._bytes += size
            self._kept[place] = sample
        return self._kept[place]


def pictures(recipe: Training, split: str, options: dict[str, Option] | None = None) -> Pictures:
    """Of a recipe, the same for every head that a process trains by it. Raises DataError.

    `options` are those of the data set that differ from the recipe's.
    """
    chosen = tuple(sorted((recipe.options | (options or {})).items()))
    return _pictures(recipe.dataset, split, recipe.root, recipe.subset, chosen)


@lru_cache(maxsize=4)
def _pictures(dataset: str, split: str, root: str, subset: int, options: tuple) -> Pictures:
    found = open_split(dataset, split, root=root or None, subset=subset or None, **dict(options))
    return Pictures(found)


@dataclass(frozen=True)
class Batches:
    """(images, labels) of a step: float32 N x 3 x h x w normalised, int64 N x h x w."""

    pictures: Pictures
    recipe: Training
    count: int
    size: tuple[int, int]
    seed: int

    def of(self, step: int) -> tuple[Tensor, Tensor]:
        """Drawn with replacement."""
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, step])))
        drawn = [self.pictures[int(i)] for i in rng.integers(len(self.pictures), size=self.count)]
        crops = [crop(sample, self.size, self.recipe, rng) for sample in drawn]
        images, labels = map(torch.stack, zip(*crops, strict=True))
        return self.normalise(images), labels

    @cached_property
    def normalise(self) -> "Normalise":
        return Normalise(self.recipe.dataset)


class Normalise:
    """Levels of 0 to 255 as (x - mean) / std of the data set; NaN, beyond the image, is 0."""

    def __init__(self, dataset: str):
        facts = describe(dataset).keywords
        self._mean, self._std = (torch.tensor(facts[k])[:, None, None] for k in ("mean", "std"))

    def __call__(self, images: Tensor) -> Tensor:
        return ((images - self._mean) / self._std).nan_to_num_(0.0)
