"""Pictures of one's own: two folders of files with the same names, and a list of the classes.

The recommended layout. The value of a mask is the index of the class, 255 is void; a palette PNG
may carry colours, which are not looked at.
"""

from pathlib import Path

from attnbench.errors import DataError
from attnbench.printable import is_name
from attnbench.train.datasets import VOID, dataset
from attnbench.train.datasets._coding import Coding, plain
from attnbench.train.datasets._files import FileDataset, Pair, list_lines, same_stems

CLASSES = "classes.txt"


@dataset(
    title="a folder of pictures and masks",
    classes="",
    licence="that of your data",
    where="your own pictures, with masks drawn by any tool",
    layout="""
        images/{train,val}/NAME.jpg or .png
        labels/{train,val}/NAME.png: 8 bits, index of the class, 255 = void
        classes.txt: a name a line, the first is class 0
    """,
)
class Folder(FileDataset):
    """Classes are those of the folder that is read."""

    marks = ("images", "labels", CLASSES)

    def __init__(self):
        self._coding: dict[Path, Coding] = {}

    def pairs(self, base: Path, split: str) -> list[Pair]:
        return plain_pairs(base, split)

    def classes(self, base: Path) -> tuple[str, ...]:
        return listed_classes(base)

    def coding(self, mask: Path) -> Coding:
        base = mask.parents[2]  # of base/labels/SPLIT/NAME.png
        if base not in self._coding:
            self._coding[base] = plain(len(self.classes(base)))
        return self._coding[base]


def plain_pairs(base: Path, split: str) -> list[Pair]:
    return same_stems(base / "images" / split, base / "labels" / split)


def listed_classes(base: Path) -> tuple[str, ...]:
    """The names in classes.txt. Raises DataError for none, too many, or one that comes twice."""
    path = base / CLASSES
    names = tuple(list_lines(path, base))
    if not 1 <= len(names) <= VOID:
        raise DataError(f"{path}: {len(names)} classes; expected 1 to {VOID}, a name a line")
    unfit = [name for name in names if not is_name(name)]
    if unfit:
        raise DataError(f"{path}: {unfit[0][:20]!r}...: no name to print; make it short and plain")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{path}: {twice[0]!r} comes twice; a class has one index")
    return names
