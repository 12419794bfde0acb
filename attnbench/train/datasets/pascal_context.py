"""PASCAL Context: pictures of VOC 2010 labelled all over, 59 classes, or 60 with background.

Source: Mottaghi, Chen, Liu, Cho, Lee, Fidler, Urtasun, Yuille. The Role of Context for Object
Detection and Semantic Segmentation in the Wild, CVPR 2014. 4,998 + 5,105 images.
Masks hold 0 for the background and 1 to 59 for the classes. With `classes=59` the background is
void, with `classes=60` it is class 0; published figures of the two are not comparable. The names
stand in the order of the masks that are made from the Detail API, which sorts them; lists that
begin with the 20 classes of VOC do not fit these masks.
"""

from pathlib import Path
from typing import Literal

from attnbench.train.datasets import dataset, describe
from attnbench.train.datasets._coding import Coding, from_one, plain
from attnbench.train.datasets._files import FileDataset, Pair, list_lines, plain_name

BACKGROUND = "background"
_CODINGS = {59: from_one(59), 60: plain(60)}


@dataset(
    title="PASCAL Context, 59 classes or 60",
    classes="""aeroplane, bag, bed, bedclothes, bench, bicycle, bird, boat, book, bottle, building,
        bus, cabinet, car, cat, ceiling, chair, cloth, computer, cow, cup, curtain, dog, door,
        fence, floor, flower, food, grass, ground, horse, keyboard, light, motorbike, mountain,
        mouse, person, plate, platform, pottedplant, road, rock, sheep, shelves, sidewalk, sign,
        sky, snow, sofa, table, track, train, tree, truck, tvmonitor, wall, water, window, wood""",
    licence="images of Flickr under its terms; research use",
    where="http://host.robots.ox.ac.uk/pascal/VOC/voc2010/, and masks made with https://github.com/zhanghang1989/detail-api",
    layout="""
        VOCdevkit/VOC2010/JPEGImages/NAME.jpg
        VOCdevkit/VOC2010/SegmentationClassContext/NAME.png: 8 bits, 0 = background, 1 to 59
        VOCdevkit/VOC2010/ImageSets/SegmentationContext/{train,val}.txt: a NAME a line
    """,
    crop=(520, 520),
)
class PascalContext(FileDataset):
    """`classes` says whether the background counts."""

    places = (".", "VOC2010", "VOCdevkit/VOC2010")
    marks = ("JPEGImages", "SegmentationClassContext")

    def __init__(self, *, classes: Literal[59, 60] = 59):
        self.count = classes

    def classes(self, _base: Path) -> tuple[str, ...]:
        names = describe(self.name).keywords["classes"]
        return names if self.count == len(names) else (BACKGROUND, *names)

    def pairs(self, base: Path, split: str) -> list[Pair]:
        listed = base / "ImageSets" / "SegmentationContext" / f"{split}.txt"
        names = dict.fromkeys(plain_name(line, listed) for line in list_lines(listed, base))
        images, masks = base / "JPEGImages", base / "SegmentationClassContext"
        return [Pair(n, images / f"{n}.jpg", masks / f"{n}.png") for n in names]

    def coding(self, _mask: Path) -> Coding:
        return _CODINGS[self.count]
