"""Real and made-up data that lie beside the checkout; skipped where they do not."""

import json
from collections import Counter

import numpy as np
import pytest

from attnbench.train.datasets import open_split
from attnbench.train.survey import recognise, survey
from tests.train.trees import SHARED, needs_shared

pytestmark = needs_shared
ROOTS = {
    "voc": ("voc", "VOCdevkit"),
    "cityscapes": ("cityscapes", "cityscapes"),
    "ade20k": ("ade20k", "ADEChallengeData2016"),
    "camvid": ("camvid", "camvid_segnet"),
}
SPLITS = {"training": "train", "validation": "val"}


def expected(layout):
    """Pixels of each label, by split and name."""
    told = json.loads((SHARED / "layout_samples" / "expected_counts.json").read_text())
    for key, counts in told["layouts"][layout].items():
        split, _, name = key.partition("/")
        yield SPLITS.get(split, split), name, {int(k): v for k, v in counts.items()}


@pytest.mark.parametrize("layout", list(ROOTS))
def test_the_samples_of_a_layout_have_the_pixels_that_were_counted_when_they_were_made(layout):
    name, folder = ROOTS[layout]
    counted, root = list(expected(layout)), SHARED / "layout_samples" / folder

    for split in {split for split, _, _ in counted}:
        wanted = {n: c for s, n, c in counted if s == split}
        found = {
            s.name: Counter(s.label.ravel().tolist()) for s in open_split(name, split, root=root)
        }
        assert found == wanted


@pytest.mark.parametrize("layout", list(ROOTS))
def test_the_samples_of_a_layout_are_recognised(layout):
    name, folder = ROOTS[layout]

    assert recognise(SHARED / "layout_samples" / folder) == name


@pytest.mark.parametrize(
    ("folder", "name", "images", "classes"),
    [("camvid", "camvid", [240, 120], 11), ("labelmefacade", "folder", [100, 100], 8)],
)
def test_the_prepared_sets_are_whole(folder, name, images, classes):
    root = SHARED / folder
    found = survey(recognise(root), root)

    assert found.dataset == name
    assert [s.images for s in found.splits] == images
    assert [s.sizes for s in found.splits] == [((240, 320),)] * 2
    assert len(found.classes) == classes
    assert found.broken == found.notes == ()
    assert shares(found) == pytest.approx(shares_told(root / "SOURCE.md"), abs=0.00501)


def shares(found):
    """Percent of all pixels, by split: of each class, then of void."""
    counts = [np.array([*s.pixels, s.void]) for s in found.splits]
    return np.concatenate([100 * c / c.sum() for c in counts])


def shares_told(source):
    """The same, as SOURCE.md tells them."""
    rows = [line.split("|") for line in source.read_text().splitlines() if line.startswith("| ")]
    return np.concatenate(
        [[float(v) for v in r[2:-1]] for r in rows if r[1].strip() in ("train", "val")]
    )
