"""Scores of a trained network on images at full size, from one confusion matrix of a split."""

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from attnbench.train.batches import Normalise, Pictures
from attnbench.train.miou import Scores, confusion, scores
from attnbench.train.split import Sample
from attnbench.training import Training

Network = Callable[[Tensor], Tensor]
OVERLAP = 1 / 3  # of neighbouring windows, at least


@torch.no_grad()
def evaluated(
    network: nn.Module,
    pictures: Pictures,
    recipe: Training,
    *,
    crop: tuple[int, int],
    batch: int,
    device: torch.device,
) -> Scores:
    """In evaluation mode, in which the network is left. Images of one size go in `batch` at once.

    Raises DataError for a split in which no pixel has a class.
    """
    network.eval()
    normalise = Normalise(recipe.dataset)
    total = np.zeros((pictures.classes,) * 2, np.int64)
    for samples in _alike(pictures, batch):
        images = np.stack([s.image for s in samples])
        x = normalise(torch.from_numpy(images).permute(0, 3, 1, 2).float()).to(device)
        found = probabilities(network, x, recipe, crop).argmax(dim=1).cpu().numpy()
        total += confusion(np.stack([s.label for s in samples]), found, pictures.classes)
    return scores(total)


def probabilities(network: Network, x: Tensor, recipe: Training, crop: tuple[int, int]) -> Tensor:
    """(N, classes, H, W): the mean over scales and mirror images of each one's softmax."""
    found, views = torch.zeros(()), 0
    for scale, is_mirrored in product(
        recipe.scales, (False, True) if recipe.mirrored else (False,)
    ):
        view = x if scale == 1 else _resized(x, tuple(round(s * scale) for s in x.shape[2:]))
        view = view.flip(-1) if is_mirrored else view
        y = sliding(network, view, crop) if recipe.window == "sliding" else network(view)
        y = y.flip(-1) if is_mirrored else y
        y = y if y.shape[2:] == x.shape[2:] else _resized(y, x.shape[2:])
        found, views = found.to(y.device) + y.float().softmax(dim=1), views + 1
    return found / views


def sliding(network: Network, x: Tensor, crop: tuple[int, int]) -> Tensor:
    """Logits (N, classes, H, W), the mean of those of windows of the size of the crop."""
    places = [list(starts(side, window)) for side, window in zip(x.shape[2:], crop, strict=True)]
    total, count = None, torch.zeros(x.shape[2:], device=x.device)
    for top, left in product(*places):
        at = np.s_[..., top : top + crop[0], left : left + crop[1]]
        y = network(x[at])
        total = y.new_zeros(*y.shape[:2], *x.shape[2:]) if total is None else total
        total[at] += y
        count[at] += 1
    return total / count


def starts(side: int, window: int) -> Iterator[int]:
    """Where windows begin that cover `side`, each at most two thirds of a window from the next.

    The last ends where the side does; one is enough for a side that is no larger.
    """
    step, last = max(int(window * (1 - OVERLAP)), 1), max(side - window, 0)
    yield from range(0, last, step)
    yield last


def _resized(x: Tensor, size: tuple[int, ...]) -> Tensor:
    return interpolate(x, size=tuple(size), mode="bilinear", align_corners=False)


def _alike(pictures: Pictures, batch: int) -> Iterator[list[Sample]]:
    """Neighbours of one size, at most `batch` at once."""
    now: list[Sample] = []
    for i in range(len(pictures)):
        sample = pictures[i]
        if now and (len(now) == batch or now[0].label.shape != sample.label.shape):
            yield now
            now = []
        now.append(sample)
    if now:
        yield now
