import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnbench.errors import DataError
from attnbench.train.miou import Scores, confusion, scores


def by_sets(label, prediction, classes):
    """The same by sets of pixels: mean IoU, pixel accuracy, IoU of each class."""
    scored = {i for i, v in np.ndenumerate(label) if v != 255}
    truth = [{i for i in scored if label[i] == c} for c in range(classes)]
    found = [{i for i in scored if prediction[i] == c} for c in range(classes)]
    iou = [len(t & f) / len(t | f) if t | f else None for t, f in zip(truth, found, strict=True)]
    there = [share for share in iou if share is not None]
    right = sum(len(t & f) for t, f in zip(truth, found, strict=True))
    return sum(there) / len(there), right / len(scored), iou


def test_counts_stand_in_the_row_of_the_truth_and_the_column_of_the_prediction():
    label = np.array([[0, 0, 1], [2, 255, 1]], np.uint8)
    prediction = np.array([[0, 1, 1], [0, 2, 1]])

    assert confusion(label, prediction, 3).tolist() == [[1, 1, 0], [0, 2, 0], [1, 0, 0]]


def test_a_case_by_hand():
    # Class 0: 1 hit of 3 in the union; class 1: 2 of 3; class 2: 0 of 1; class 3 does not occur.
    matrix = np.array([[1, 1, 0, 0], [0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]])

    found = scores(matrix)

    assert found == Scores(
        mean_iou=pytest.approx(1 / 3),
        pixel_accuracy=pytest.approx(3 / 5),
        iou=(pytest.approx(1 / 3), pytest.approx(2 / 3), 0.0, None),
    )
    assert found.counted == 3


def test_a_class_that_is_only_predicted_counts_as_wrong():
    label, prediction = np.zeros((1, 4), int), np.array([[0, 0, 0, 1]])

    assert scores(confusion(label, prediction, 9)).mean_iou == pytest.approx((3 / 4 + 0) / 2)


def test_perfect_is_one():
    label = np.array([[0, 3, 255]])

    assert scores(confusion(label, np.array([[0, 3, 0]]), 5)).mean_iou == 1.0


def test_matrices_are_added_up_and_scores_are_not_averaged():
    big, small = np.zeros((1, 9), int), np.zeros((1, 1), int)
    total = confusion(big, big, 2) + confusion(small, small + 1, 2)

    assert scores(total).pixel_accuracy == pytest.approx(9 / 10)
    assert scores(total).mean_iou == pytest.approx((9 / 10 + 0) / 2)


@given(st.integers(0, 2**32 - 1), st.integers(1, 7))
def test_it_is_the_same_by_sets_of_pixels(seed, classes):
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 7, size=2)
    label = rng.integers(0, classes, size=shape)
    prediction = np.where(rng.random(shape) < 0.5, label, rng.integers(0, classes, size=shape))
    label[rng.random(shape) < 0.2] = 255
    label[0, 0] = 0

    mean, accuracy, iou = by_sets(label, prediction, classes)

    found = scores(confusion(label.astype(np.uint8), prediction, classes))
    assert found.mean_iou == pytest.approx(mean, abs=1e-12)
    assert found.pixel_accuracy == pytest.approx(accuracy, abs=1e-12)
    assert found.iou == pytest.approx(iou, abs=1e-12)


def test_what_is_predicted_on_void_does_not_matter():
    label = np.array([[255, 1]])

    assert (confusion(label, np.array([[200, 1]]), 2) == confusion(label, label % 255, 2)).all()


def test_counts_beyond_32_bits_are_kept():
    matrix = np.array([[2**40, 0], [2**40, 0]])

    assert confusion(np.zeros((1, 1), int), np.zeros((1, 1), int), 2).dtype == np.int64
    assert scores(matrix).mean_iou == pytest.approx(1 / 4)


@pytest.mark.parametrize(
    ("label", "prediction", "message"),
    [
        ([[0, 1]], [[0]], "make them equal"),
        ([[0, 1]], [[0.5, 1.0]], "prediction of float64: expected integers"),
        ([[0, 3]], [[0, 0]], "label of 0 to 3: expected 0 to 2 for 3 classes"),
        ([[0, 0]], [[0, -1]], "prediction of -1 to 0: expected 0 to 2"),
    ],
)
def test_what_cannot_be_counted_is_refused(label, prediction, message):
    with pytest.raises(DataError, match=message):
        confusion(np.array(label), np.array(prediction), 3)


def test_nothing_scored_is_no_score():
    with pytest.raises(DataError, match="no labelled pixel was scored"):
        scores(confusion(np.array([[255]]), np.array([[0]]), 3))
