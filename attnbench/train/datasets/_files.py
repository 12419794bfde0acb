"""Data sets that lie in files: from a root to pairs of picture and mask, from a pair to a sample.

What a layout is, its file says: where it begins (`places`, `marks`), its `pairs`, and what the
values of its masks mean (`coding`).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from attnbench.errors import DataError, MissingDataError
from attnbench.train.datasets import describe
from attnbench.train.datasets._coding import Coding
from attnbench.train.datasets._pictures import indices, inside, picture, size
from attnbench.train.split import Sample, Split

LARGEST_LIST = 16 * 2**20  # bytes; the longest list of these data sets has less than one
PICTURES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class Pair:
    """A picture and its mask, either of which may turn out not to be there."""

    name: str
    image: Path
    mask: Path


class FileDataset(ABC):
    """A layout of files. A subclass takes its options as keyword arguments."""

    places: tuple[str, ...] = (".",)  # below the root, where the layout may begin
    marks: tuple[str, ...]  # what is there where it begins

    @property
    def name(self) -> str:
        return type(self).__module__.rpartition(".")[2]

    @abstractmethod
    def pairs(self, base: Path, split: str) -> list[Pair]:
        """All of a split; `base` is where the layout begins."""

    @abstractmethod
    def coding(self, mask: Path) -> Coding:
        """What the values of this mask mean."""

    def classes(self, _base: Path) -> tuple[str, ...]:
        return describe(self.name).keywords["classes"]

    def find(self, root: Path) -> Path | None:
        """Where the layout begins, at the root or somewhat below it. None: it is not there."""
        bases = (root / place for place in self.places)
        try:
            return next((b for b in bases if all((b / mark).exists() for mark in self.marks)), None)
        except OSError as error:
            raise DataError(f"{root}: cannot be looked into: {error.strerror}") from None

    def base(self, root: Path | None) -> Path:
        """The same. Raises MissingDataError where it is not there, or no root was given."""
        found = root and self.find(root)
        if found:
            return found
        facts = describe(self.name).keywords
        told = f"no such data below {root}" if root else "no folder was given for the data"
        layout = "; ".join(filter(None, map(str.strip, facts["layout"].splitlines())))
        raise MissingDataError(
            f"{self.name}: {told}; get them from {facts['where']}; expected layout: {layout}"
        )

    def split(self, root: Path | None, split: str, _seed: int) -> Split:
        """Raises DataError for a split without pictures, or where one has no mask or no class."""
        base = self.base(root)
        pairs = {pair.name: pair for pair in self.pairs(base, split)}
        if not pairs:
            raise DataError(f"{base}: no pictures in the {split} split of {self.name}")
        for pair in pairs.values():
            inside(pair.image, base)
            inside(pair.mask, base)
        read = partial(self._read, base, pairs)
        found = Split(self.name, split, self.classes(base), tuple(sorted(pairs)), read)
        found.require_labels()
        return found

    def sample(self, base: Path, pair: Pair) -> Sample:
        """Raises DataError for a picture or mask that is broken, or two that do not belong."""
        expected = size(pair.image, base)
        label = self.label(base, pair.mask)
        if label.shape != expected:
            raise DataError(
                f"{pair.mask}: {_size(label.shape)} (height x width), but its picture has "
                f"{_size(expected)}; make them of one size, the mask by nearest neighbour"
            )
        return Sample(picture(pair.image, base), label, pair.name)

    def label(self, base: Path, mask: Path) -> np.ndarray:
        """uint8, H x W; 255 = void."""
        return self.coding(mask).decode(indices(mask, base), mask)

    def _read(self, base: Path, pairs: dict[str, Pair], name: str) -> Sample:
        return self.sample(base, pairs[name])


def files(folder: Path, endings: Iterable[str] = PICTURES, *, below: bool = False) -> list[Path]:
    """The files of a folder that end so, by name; of all folders `below` it, too.

    Those whose name begins with a dot are not among them: some systems leave such beside each file.
    """
    found = folder.rglob("*") if below else folder.glob("*")
    wanted = tuple(endings)
    return sorted(f for f in found if f.name.lower().endswith(wanted) and f.name[0] != ".")


def same_stems(images: Path, masks: Path) -> list[Pair]:
    """Pairs of the files of two folders that have the same name before the ending.

    One without the other makes a pair, too, whose missing file is named when it is read.
    Raises DataError for two pictures of one name.
    """
    pictures: dict[str, Path] = {}
    for path in files(images):
        if path.stem in pictures:
            raise DataError(f"{path}: {pictures[path.stem].name} has the same name; keep one")
        pictures[path.stem] = path
    drawn = {path.stem: path for path in files(masks)}
    return [
        Pair(
            stem, pictures.get(stem, images / f"{stem}.jpg"), drawn.get(stem, masks / f"{stem}.png")
        )
        for stem in sorted(pictures.keys() | drawn.keys())
    ]


def list_lines(path: Path, base: Path) -> list[str]:
    """The lines of a list that are not empty. Raises DataError for what is no list of text."""
    try:
        with inside(path, base).open("rb") as stream:
            text = stream.read(LARGEST_LIST + 1)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    if len(text) > LARGEST_LIST:
        raise DataError(f"{path}: larger than {LARGEST_LIST} bytes; such a list is none")
    try:
        return [line.strip() for line in text.decode().splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not text in UTF-8: {error.reason}") from None


def plain_name(text: str, where: Path) -> str:
    """A name of a list that is one name and not a path. Raises DataError where it leads away."""
    if text in ("", ".", "..") or not text.isprintable() or set(text) & set("/\\"):
        raise DataError(f"{where}: {text!r} is no name of a picture; it is not followed")
    return text


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
