import numpy as np
import pytest
import torch

from attnbench.train.augment import crop, resized
from attnbench.train.batches import Normalise
from attnbench.train.datasets import VOID
from attnbench.train.split import Sample
from attnbench.training import Training


def sample(height, width):
    """A picture whose red is its class, which is the row and column in one number."""
    label = (np.arange(height)[:, None] * width + np.arange(width)).astype(np.uint8)
    return Sample(np.repeat(label[..., None], 3, axis=2), label, "one")


def rng(seed=0):
    return np.random.default_rng(seed)


def test_a_picture_of_the_size_of_the_crop_stays_as_it_is():
    image, label = crop(sample(6, 5), (6, 5), Training(), rng())

    assert (label.numpy() == sample(6, 5).label).all()
    assert image.shape == (3, 6, 5)


@pytest.mark.parametrize("seed", range(5))
def test_image_and_label_are_cut_and_mirrored_alike(seed):
    image, label = crop(sample(12, 9), (4, 5), Training(flip=True), rng(seed))

    assert label.shape == (4, 5)
    assert (image[0].long() == label).all()


def test_both_the_mirror_image_and_the_image_come():
    firsts = {
        crop(sample(4, 5), (4, 5), Training(flip=True), rng(s))[1][0, 0].item() for s in range(9)
    }

    assert firsts == {0, 4}


def test_what_is_smaller_than_the_crop_is_void_and_grey_around():
    image, label = crop(sample(3, 4), (5, 6), Training(), rng())
    outside = torch.ones(5, 6, dtype=bool)
    outside[:3, :4] = False

    assert (label[outside] == VOID).all()
    assert (Normalise("legend_map")(image)[:, outside] == 0).all()
    assert (label[:3, :4].numpy() == sample(3, 4).label).all()


def test_an_enlarged_label_has_the_classes_that_it_had():
    _, label = resized(torch.zeros(3, 2, 2), torch.tensor([[0, VOID], [7, 2]]), 2.0)

    assert label.tolist() == [[0, 0, VOID, VOID]] * 2 + [[7, 7, 2, 2]] * 2


def test_the_range_of_scales_is_drawn_from():
    wide = Training(scale=(0.5, 2.0))
    spans = [crop(sample(16, 15), (8, 8), wide, rng(s))[1] for s in range(8)]
    steps = {int(label[0, 1:].max() - label[0, 0]) for label in spans}

    assert len(steps) > 2
