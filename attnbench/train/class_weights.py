"""Weights of the classes in a loss, by how rare they are.

Source: Eigen, Fergus. Predicting Depth, Surface Normals and Semantic Labels, ICCV 2015, sec. 5.3.3,
median frequency balancing. Departs from it: the square root, and at most MOST, without which a rare
class rules a short training.
"""

import numpy as np
import torch
from torch import Tensor

from attnbench.train.batches import Pictures
from attnbench.train.datasets import VOID

MOST = 4.0


def class_weights(pictures: Pictures) -> Tensor:
    """float32, one a class: min(4, sqrt(median frequency / frequency)).

    The frequency of a class is its share of the labelled pixels of images that have it. A class
    that no image has weighs 1.
    """
    pixels, there = np.zeros(pictures.classes), np.zeros(pictures.classes)
    for i in range(len(pictures)):
        label = pictures[i].label
        counts = np.bincount(label[label != VOID], minlength=pictures.classes)
        pixels += counts
        there += np.where(counts > 0, counts.sum(), 0)
    known = pixels > 0
    weights = np.ones(pictures.classes)
    frequency = pixels[known] / there[known]
    weights[known] = np.minimum(MOST, np.sqrt(np.median(frequency) / frequency))
    return torch.tensor(weights, dtype=torch.float32)
