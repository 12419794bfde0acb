"""attnbench data: whether a folder of pictures and masks is what a data set should be."""

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from attnbench.cli import _names, _options
from attnbench.cli._command import Command, Group, option
from attnbench.cli._json import json_option

if TYPE_CHECKING:
    from rich.console import Console

    from attnbench.train.datasets._files import Pair
    from attnbench.train.survey import SplitSurvey, Survey


@click.group(
    cls=Group,
    short_help="Checks a folder of images and masks.",
    examples=("attnbench data check data/camvid",),
)
def command() -> None:
    """Looks at data sets before anything is trained on them."""


@command.command(
    cls=Command,
    examples=(
        "attnbench data check data/camvid",
        "attnbench data check VOCdevkit --dataset voc --set aug=true --split train",
    ),
)
@click.argument("path", type=click.Path(path_type=Path))
@option(
    "--dataset", metavar="NAME", shell_complete=_names.datasets,
    help="Whose layout it is; else it is recognised by its folders.",
)  # fmt: skip
@option(
    "--split", "splits", multiple=True, metavar="NAME", shell_complete=_names.splits,
    help="Look at this one only; may be given more than once.",
)  # fmt: skip
@_options.settings("An option of the data set.", "OPTION=VALUE", _names.data_options)
@json_option()
def check(
    path: Path,
    dataset: str | None,
    splits: tuple[str, ...],
    settings: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Reads all pictures and masks below PATH; tells splits, sizes, classes, and what is broken.

    Exit code 1: some files are broken; each is named.
    """
    from attnbench.cli._console import stdout
    from attnbench.cli._json import print_json
    from attnbench.cli._progress import progress
    from attnbench.errors import EXIT_NO
    from attnbench.head_choice import parse_options
    from attnbench.train.survey import recognise, survey

    name = dataset or recognise(path)
    options = parse_options(name, settings, "--set")
    with progress() as tell:
        found = survey(name, path, splits, _watching(tell), **options)
    if as_json:
        print_json(_sheet(found))
    else:
        _print(stdout(), found)
    if found.broken:
        sys.exit(EXIT_NO)


def _watching(
    tell: Callable[[str, int, int], None],
) -> "Callable[[str, Sequence[Pair]], Iterable[Pair]]":
    """What gives the pairs of a split on, and tells how many have been."""

    def watch(split: str, pairs: "Sequence[Pair]") -> "Iterable[Pair]":
        for number, pair in enumerate(pairs):
            tell(split, number, len(pairs))
            yield pair
        tell(split, len(pairs), len(pairs))

    return watch


def _sheet(found: "Survey") -> dict[str, Any]:
    import msgspec

    return msgspec.to_builtins(found) | {"broken": found.broken, "notes": found.notes}


def _print(console: "Console", found: "Survey") -> None:
    from attnbench.cli._console import print_table, print_text
    from attnbench.printable import one_line
    from attnbench.train.datasets import describe

    title = describe(found.dataset).keywords["title"]
    print_text(console, f"{found.dataset}: {title}, in {found.base}", "")
    rows = [
        [s.split, str(s.images), _sizes(s), _share(s.void, s.void + s.labelled)]
        for s in found.splits
    ]
    print_table(console, ("split", "images", "height x width", "void"), rows, ("images", "void"))
    names = [s.split for s in found.splits]
    balance = [
        [str(i), name, *(_share(s.pixels[i], s.labelled) for s in found.splits)]
        for i, name in enumerate(found.classes)
    ]
    print_text(console, "share of the labelled pixels")
    print_table(console, ("index", "class", *names), balance, ("index", *names))
    if found.broken:
        print_text(console, "broken", *(f"  {one_line(line)}" for line in found.broken), "")
    if found.notes:
        print_text(console, "to know", *(f"  {line}" for line in found.notes), "")
    print_text(console, _verdict(found))


def _verdict(found: "Survey") -> str:
    images = sum(s.images for s in found.splits)
    if found.broken:
        return (
            f"{len(found.broken)} broken, {images} images are whole: mend or remove what is named"
        )
    return f"nothing broken: {images} images, {len(found.classes)} classes"


def _sizes(split: "SplitSurvey") -> str:
    if not split.sizes:
        return "none"
    first, last = ("x".join(map(str, s)) for s in (split.sizes[0], split.sizes[-1]))
    return first if first == last else f"{first} to {last}, {len(split.sizes)} sizes"


def _share(pixels: int, of: int) -> str:
    return f"{100 * pixels / of:.2f} %" if of else "none"
