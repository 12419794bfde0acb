"""PASCAL VOC 2012: 20 kinds of things on a background that counts as a class.

Source: Everingham, Eslami, Van Gool, Williams, Winn, Zisserman. The PASCAL Visual Object Classes
Challenge: A Retrospective, IJCV 111(1), 2015; `aug` adds the masks of Hariharan, Arbeláez, Bourdev,
Maji, Malik. Semantic Contours from Inverse Detectors, ICCV 2011.
1,464 + 1,449 images, with `aug` 10,582 to train on: those of val are left out of that list, and val
keeps its own masks. Most pictures of the folder have no mask: the lists say which have.
"""

from pathlib import Path
from typing import Literal

import numpy as np

from attnbench.errors import DataError
from attnbench.train.datasets import VOID, dataset
from attnbench.train.datasets._coding import Coding, by_colour, plain
from attnbench.train.datasets._files import FileDataset, Pair, list_lines, plain_name
from attnbench.train.datasets._pictures import colours

CLASSES = 21
AUG_LISTS = ("train_aug.txt", "trainaug.txt")  # mirrors differ
_PLAIN = plain(CLASSES)


@dataset(
    title="PASCAL VOC 2012",
    classes="""background, aeroplane, bicycle, bird, boat, bottle, bus, car, cat, chair, cow,
        diningtable, dog, horse, motorbike, person, pottedplant, sheep, sofa, train, tvmonitor""",
    licence="images of Flickr under its terms; research use",
    where="http://host.robots.ox.ac.uk/pascal/VOC/voc2012/",
    layout="""
        VOCdevkit/VOC2012/JPEGImages/NAME.jpg
        VOCdevkit/VOC2012/SegmentationClass/NAME.png: palette PNG, 0 to 20, 255 = void
        VOCdevkit/VOC2012/ImageSets/Segmentation/{train,val}.txt: a NAME a line
        with aug=true: SegmentationClassAug/NAME.png, and train_aug.txt beside train.txt
    """,
    crop=(513, 513),
)
class Voc(FileDataset):
    """`masks` says what they hold: "colours" is of mirrors that saved them as RGB."""

    places = (".", "VOC2012", "VOCdevkit/VOC2012")
    marks = ("JPEGImages", "ImageSets/Segmentation")

    def __init__(self, *, aug: bool = False, masks: Literal["indices", "colours"] = "indices"):
        self.aug, self.masks = aug, masks

    def pairs(self, base: Path, split: str) -> list[Pair]:
        lists = base / "ImageSets" / "Segmentation"
        if not (self.aug and split == "train"):
            return self._pairs(base, _names(lists / f"{split}.txt", base), "SegmentationClass")
        path = next((lists / name for name in AUG_LISTS if (lists / name).exists()), None)
        if path is None:
            raise DataError(
                f"{lists}: no {AUG_LISTS[0]}; get it with SegmentationClassAug, or aug=false"
            )
        held_out = set(_names(lists / "val.txt", base))
        names = [name for name in _names(path, base) if name not in held_out]
        return self._pairs(base, names, "SegmentationClassAug")

    def _pairs(self, base: Path, names: list[str], masks: str) -> list[Pair]:
        images = base / "JPEGImages"
        return [Pair(n, images / f"{n}.jpg", base / masks / f"{n}.png") for n in names]

    def coding(self, _mask: Path) -> Coding:
        return _PLAIN

    def label(self, base: Path, mask: Path) -> np.ndarray:
        if self.masks == "indices":
            return super().label(base, mask)
        return by_colour(colours(mask, base), PALETTE, mask)


def _names(path: Path, base: Path) -> list[str]:
    """Stems of a list that holds stems, or paths of pictures and masks."""
    first = (line.split()[0].rpartition("/")[2] for line in list_lines(path, base))
    return list(dict.fromkeys(plain_name(n.removesuffix(".jpg"), path) for n in first))


def colour(index: int) -> tuple[int, int, int]:
    """The colour of an index: its bits 0, 3, 6 are bits 7, 6, 5 of red; then green, then blue."""
    channels = (sum((index >> (3 * i + c) & 1) << (7 - i) for i in range(3)) for c in range(3))
    red, green, blue = channels
    return red, green, blue


PALETTE = {colour(i): i for i in (*range(CLASSES), VOID)}
