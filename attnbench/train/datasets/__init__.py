"""Data sets for dense prediction: one a file, declared once, listed without reading a picture.

    split = open_split("camvid", "train", root="data/camvid", subset=50)
    split.classes       # names, by index
    split[0].image      # uint8, H x W x 3
    split[0].label      # uint8, H x W: index of the class, 255 = void

To add a data set, add a file: it is then listed, shown, recognised by `attnbench data check`, and
open to every experiment.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from attnbench.declaration import Declaration
from attnbench.errors import DataError
from attnbench.registry import Registry
from attnbench.trial import Option

if TYPE_CHECKING:
    from attnbench.train.split import Split

VOID = 255  # of a label: not scored, not trained on

DATASETS = Registry("data set", __name__, Path(__file__).parent, "dataset")

T = TypeVar("T", bound=type)

# Of ImageNet, whose statistics pretrained backbones expect. In levels of 8 bits, as the pictures.
_MEAN, _STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


def dataset(
    *,
    title: str,
    classes: str,
    licence: str,
    where: str,
    layout: str,
    splits: tuple[str, ...] = ("train", "val"),
    crop: tuple[int, int] | None = None,
    mean: tuple[float, float, float] = _MEAN,
    std: tuple[float, float, float] = _STD,
) -> Callable[[T], T]:
    """Declares the class below it as the data set of this file; its keyword arguments are options.

    `classes` names them by index, with commas between; empty where the data tell them. `where` says
    how to get the data, `layout` which files are expected. `crop` is the customary height and
    width of a training crop, in pixels; None: the whole picture. Input is (x - `mean`) / `std`, by
    channel, in levels of 0 to 255. All values are literals: `describe` reads them from the text.
    """

    def declare(cls: T) -> T:
        DATASETS.add(cls.__module__, cls)
        return cls

    return declare


def describe(name: str) -> Declaration:
    """Docstring, declared facts (`classes` as a tuple) and options; without importing numpy, if it
    is one of ours.
    """
    told = DATASETS.declaration(name)
    facts = {"splits": ("train", "val"), "crop": None, "mean": _MEAN, "std": _STD} | told.keywords
    if DATASETS.is_own(name):
        facts = dict.fromkeys(("title", "classes", "licence", "where", "layout"), "") | facts
    facts["classes"] = class_names(facts["classes"])
    return replace(told, keywords=facts)


def class_names(text: str) -> tuple[str, ...]:
    """The names in a declared list: "road, sidewalk" are two."""
    return tuple(" ".join(name.split()) for name in text.split(",") if name.strip())


def open_split(
    name: str,
    split: str = "train",
    *,
    root: str | Path | None = None,
    subset: int | None = None,
    seed: int = 0,
    **options: Option,
) -> "Split":
    """The pictures of a split, none of which is read before it is asked for.

    `root` is the folder of the data. `subset`: that many of the split, drawn by `seed` (see
    `Split.draw`). `seed` is also that of generated pictures. `options` are those of the data set.
    Raises UnknownNameError or SuiteError for what there is not, MissingDataError where there are no
    data below `root`, DataError where they are broken, as far as can be seen without reading all.
    """
    facts = describe(name)
    if split not in facts.keywords["splits"]:
        known = ", ".join(facts.keywords["splits"])
        raise DataError(
            f"{name} has no split {split!r} to train or score on; choose one of {known}"
        )
    facts.check(options)
    data = DATASETS[name](**options)
    found = data.split(None if root is None else Path(root), split, seed)
    return found if subset is None else found.draw(subset, seed)
