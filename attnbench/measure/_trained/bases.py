"""Whether a base stands for a class: the entropy of the class given the base, in nats.

A place belongs to base k by its responsibility, so p(k, c) is the sum of those of base k over the
labelled places of class c, over all of them, and the entropy is that of c given k. It is held
against the same with the labels shuffled among the labelled places of each image: the ratio is 1
for bases that know nothing of classes, 0 for bases of one class each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from attnbench.train.datasets import VOID

SHUFFLES, SEED = 8, 0


@dataclass(frozen=True)
class Entropies:
    """In nats; `shuffled` is a mean over SHUFFLES."""

    given_base: float
    shuffled: float

    @property
    def ratio(self) -> float | None:
        """None where all labels are of one class."""
        return self.given_base / self.shuffled if self.shuffled else None


def entropies(images: Sequence[tuple[Tensor, Tensor]], classes: int) -> Entropies:
    """Of responsibilities (K x hw) and truths (hw) of images, the same base counted as one in all.

    What a base is is then the same from image to image.
    """
    labelled = [(z[:, t != VOID], t[t != VOID]) for z, t in images]
    generator = torch.Generator().manual_seed(SEED)

    def shuffled() -> list[tuple[Tensor, Tensor]]:
        return [(z, t[torch.randperm(len(t), generator=generator)]) for z, t in labelled]

    others = [_conditional(shuffled(), classes) for _ in range(SHUFFLES)]
    return Entropies(_conditional(labelled, classes), sum(others) / SHUFFLES)


def within(images: Sequence[tuple[Tensor, Tensor]], classes: int) -> Entropies:
    """The means of what each image comes to by itself: what a base is may change between them."""
    each = [entropies([image], classes) for image in images]
    return Entropies(fmean(e.given_base for e in each), fmean(e.shuffled for e in each))


def _conditional(images: Sequence[tuple[Tensor, Tensor]], classes: int) -> float:
    joint = sum(z @ one_hot(t, classes).double() for z, t in images)  # K, classes
    joint = joint / joint.sum().clamp_min(torch.finfo(joint.dtype).tiny)
    both, bases = (-torch.special.xlogy(p, p).sum() for p in (joint, joint.sum(dim=1)))
    return max(float(both - bases), 0.0)
