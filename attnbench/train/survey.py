"""What lies in a folder of data: its layout, pictures, balance of classes, and broken files.

All of it is read. A broken file is noted and not raised, so one look finds them all.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attnbench.errors import DataError
from attnbench.train.datasets import DATASETS, VOID, describe
from attnbench.train.datasets._files import FileDataset, Pair
from attnbench.trial import Option

Watch = Callable[[str, Sequence[Pair]], Iterable[Pair]]


@dataclass(frozen=True)
class SplitSurvey:
    """A split: its whole images, the sizes that they have, and the labels of all their pixels."""

    split: str
    images: int
    sizes: tuple[tuple[int, int], ...]  # height, width; each once, ascending
    pixels: tuple[int, ...]  # by class
    void: int  # pixels
    broken: tuple[str, ...]  # file, what is wrong with it, what to do

    @property
    def labelled(self) -> int:
        return sum(self.pixels)


@dataclass(frozen=True)
class Survey:
    """A data set as it lies in a folder."""

    dataset: str
    base: str  # where the layout begins
    classes: tuple[str, ...]
    splits: tuple[SplitSurvey, ...]

    @property
    def broken(self) -> tuple[str, ...]:
        return tuple(line for split in self.splits for line in split.broken)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not broken, and should be known before anything is trained."""
        without = [s.split for s in self.splits if s.images and not s.labelled]
        found = [f"{split}: no pixel has a class, all are void" for split in without]
        seen = np.sum([s.pixels for s in self.splits], axis=0) if self.splits else []
        never = [name for name, count in zip(self.classes, seen, strict=False) if not count]
        if never:
            found.append(f"{len(never)} of {len(self.classes)} classes never occur: {_some(never)}")
        return tuple(found)


def recognise(root: Path) -> str:
    """The data set whose layout lies at `root`.

    Raises DataError where none does, or several do: their names are then in the message.
    """
    found = [name for name, data in _with_files() if data.find(root)]
    if "camvid" in found and "folder" in found:
        found.remove("folder")  # prepared from CamVid: the plain layout, and these very classes
    if len(found) == 1:
        return found[0]
    if found:
        raise DataError(
            f"{root}: may be any of {', '.join(found)}; say which, as in --dataset {found[0]}"
        )
    if not root.is_dir():
        raise DataError(f"{root}: no such folder")
    raise DataError(
        f"{root}: the layout of no data set that is known here; attnbench show folder tells the "
        "simplest, attnbench list datasets the others"
    )


def survey(
    name: str,
    root: Path,
    splits: Sequence[str] = (),
    watch: Watch = lambda _split, pairs: pairs,
    **options: Option,
) -> Survey:
    """Reads all of `splits`, or of those of the data set that have pictures.

    `watch` is given a split and its pairs, and gives the pairs as they are read.
    Raises UnknownNameError, SuiteError, or DataError for what makes any look impossible: no such
    layout below `root`, a split that was asked for and is empty, no pictures at all.
    """
    facts = describe(name)
    facts.check(options)
    for split in splits:
        if split not in facts.keywords["splits"]:
            known = ", ".join(facts.keywords["splits"])
            raise DataError(f"{name} has no split {split!r}; choose from {known}")
    data = DATASETS[name](**options)
    if not isinstance(data, FileDataset):
        raise DataError(f"{name}: made by the program; it has no files to check")
    base = data.base(root)
    classes = data.classes(base)
    looked = [
        _split_survey(data, base, split, len(classes), watch)
        for split in splits or facts.keywords["splits"]
    ]
    found = tuple(s for s in looked if s.images or s.broken)
    if not found or (splits and len(found) < len(looked)):
        empty = ", ".join(s.split for s in looked if s not in found)
        raise DataError(f"{base}: no pictures in {empty} of {name}; see attnbench show {name}")
    return Survey(name, str(base), classes, found)


def _split_survey(
    data: FileDataset, base: Path, split: str, classes: int, watch: Watch
) -> SplitSurvey:
    counts, sizes, broken, images = np.zeros(256, np.int64), set(), [], 0
    try:
        pairs = data.pairs(base, split)
    except DataError as error:
        return SplitSurvey(split, 0, (), (0,) * classes, 0, (str(error),))
    for pair in watch(split, pairs):
        try:
            label = data.sample(base, pair).label
        except DataError as error:
            broken.append(str(error))
            continue
        images += 1
        sizes.add(label.shape)
        counts += np.bincount(label.ravel(), minlength=256)
    pixels = tuple(counts[:classes].tolist())
    return SplitSurvey(
        split, images, tuple(sorted(sizes)), pixels, int(counts[VOID]), tuple(broken)
    )


def _with_files() -> Iterable[tuple[str, FileDataset]]:
    for name in DATASETS:
        data = DATASETS[name]()
        if isinstance(data, FileDataset):
            yield name, data


def _some(names: Sequence[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
