"""Mean intersection over union, from one confusion matrix of a whole split.

Source: Long, Shelhamer, Darrell. Fully Convolutional Networks for Semantic Segmentation, CVPR 2015,
sec. 5, "mean IU" and "pixel accuracy".
Matrices of pictures are added up, and the score is of the sum: it is no mean over pictures.
"""

from dataclasses import dataclass

import numpy as np

from attnbench.errors import DataError
from attnbench.train.datasets import VOID


@dataclass(frozen=True)
class Scores:
    """Shares from 0 to 1. A class that occurs neither in the truth nor in a prediction has no IoU.

    `mean_iou` is over the classes that have one: `counted` of them.
    """

    mean_iou: float
    pixel_accuracy: float
    iou: tuple[float | None, ...]  # by class

    @property
    def counted(self) -> int:
        return sum(share is not None for share in self.iou)


def confusion(label: np.ndarray, prediction: np.ndarray, classes: int) -> np.ndarray:
    """int64, classes x classes: pixels by truth (row) and prediction (column). To be added up.

    Both are integers of one shape. Pixels whose label is void (255) are left out, whatever is
    predicted there. Raises DataError for another shape or type, or a class that there is not.
    """
    if label.shape != prediction.shape:
        raise DataError(f"label {label.shape} and prediction {prediction.shape}: make them equal")
    for name, array in (("label", label), ("prediction", prediction)):
        if not np.issubdtype(array.dtype, np.integer):
            raise DataError(f"{name} of {array.dtype}: expected integers, the index of the class")
    scored = label != VOID
    truth, found = label[scored].astype(np.int64), prediction[scored].astype(np.int64)
    for name, array in (("label", truth), ("prediction", found)):
        if array.size and not 0 <= array.min() <= array.max() < classes:
            raise DataError(
                f"{name} of {array.min()} to {array.max()}: expected 0 to {classes - 1} "
                f"for {classes} classes"
            )
    counts = np.bincount(truth * classes + found, minlength=classes**2)
    return counts.reshape(classes, classes).astype(np.int64)


def scores(matrix: np.ndarray) -> Scores:
    """What a confusion matrix comes to. Raises DataError for one without pixels."""
    total = int(matrix.sum())
    if total == 0:
        raise DataError("no labelled pixel was scored: all are void, or the split is empty")
    hits = np.diag(matrix)
    union = matrix.sum(axis=0) + matrix.sum(axis=1) - hits
    occurs = union > 0
    iou = hits[occurs] / union[occurs]
    shares = iter(iou.tolist())
    return Scores(
        mean_iou=float(iou.mean()),
        pixel_accuracy=float(hits.sum() / total),
        iou=tuple(next(shares) if there else None for there in occurs),
    )
