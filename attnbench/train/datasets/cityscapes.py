"""Cityscapes: streets of 50 cities in fine annotation, 19 scored classes, 2,975 + 500 images.

Source: Cordts, Omran, Ramos, Rehfeld, Enzweiler, Benenson, Franke, Roth, Schiele. The Cityscapes
Dataset for Semantic Urban Scene Understanding, CVPR 2016.
Masks hold label ids of 0 to 33. Files of the official preparation script, `_labelTrainIds`, hold
classes already; they are read where there are no `_labelIds`. Which it is, the file name says. The
masks of test are dummies, so there is no such split here.
"""

from pathlib import Path

from attnbench.train.datasets import dataset
from attnbench.train.datasets._coding import Coding, coding, plain
from attnbench.train.datasets._files import FileDataset, Pair, files

IMAGE, IDS, TRAIN_IDS = "_leftImg8bit.png", "_gtFine_labelIds.png", "_gtFine_labelTrainIds.png"

# Of the official label file; written out here, for forks of it have other ids. The rest is void.
SCORED = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
_BY_ID = coding({i: c for c, i in enumerate(SCORED)}, void=range(34))
_BY_TRAIN_ID = plain(len(SCORED))


@dataset(
    title="Cityscapes, fine annotation",
    classes="""road, sidewalk, building, wall, fence, pole, traffic light, traffic sign, vegetation,
        terrain, sky, person, rider, car, truck, bus, train, motorcycle, bicycle""",
    licence="non-commercial research, after registration",
    where="https://www.cityscapes-dataset.com: leftImg8bit and gtFine, _trainvaltest.zip",
    layout="""
        leftImg8bit/{train,val}/CITY/NAME_leftImg8bit.png
        gtFine/{train,val}/CITY/NAME_gtFine_labelIds.png: 0 to 33
        or NAME_gtFine_labelTrainIds.png: 0 to 18, 255 = void
    """,
    crop=(769, 769),
)
class Cityscapes(FileDataset):
    """A folder a city; names are those of the official pixel-wise masks."""

    places = (".", "cityscapes")
    marks = ("leftImg8bit", "gtFine")

    def pairs(self, base: Path, split: str) -> list[Pair]:
        images, masks = base / "leftImg8bit" / split, base / "gtFine" / split
        names = {_name(path, images, IMAGE) for path in files(images, [IMAGE.lower()], below=True)}
        for ending in (IDS, TRAIN_IDS):
            names |= {_name(p, masks, ending) for p in files(masks, [ending.lower()], below=True)}
        return [Pair(name, images / f"{name}{IMAGE}", _mask(masks, name)) for name in sorted(names)]

    def coding(self, mask: Path) -> Coding:
        return _BY_TRAIN_ID if mask.name.endswith(TRAIN_IDS) else _BY_ID


def _name(path: Path, folder: Path, ending: str) -> str:
    """As in "ulm/ulm_000000_000019"."""
    return path.relative_to(folder).as_posix()[: -len(ending)]


def _mask(folder: Path, name: str) -> Path:
    by_id, by_train_id = folder / f"{name}{IDS}", folder / f"{name}{TRAIN_IDS}"
    return by_train_id if by_train_id.exists() and not by_id.exists() else by_id
