"""attnbench data: whether a folder of pictures and masks is what a data set should be."""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from attnbench.train.datasets._files import Pair
    from attnbench.train.survey import SplitSurvey, Survey


@click.group(epilog="Example: attnbench data check data/camvid")
def command() -> None:
    """Looks at data sets before anything is trained on them."""


@command.command(
    epilog="Examples: attnbench data check data/camvid; "
    "attnbench data check VOCdevkit --dataset voc --set aug=true --split train"
)
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--dataset", metavar="NAME", help="Whose layout it is; else it is recognised by its folders."
)
@click.option(
    "--split", "splits", multiple=True, help="Look at this one only; may be given more than once."
)
@click.option(
    "--set", "settings", multiple=True, metavar="OPTION=VALUE", help="An option of the data set."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for a program to read.")
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
    from attnbench.errors import EXIT_NO
    from attnbench.head_choice import parse_options
    from attnbench.train.survey import recognise, survey

    name = dataset or recognise(path)
    options = parse_options(name, settings, "--set")
    found = survey(name, path, splits, _progress, **options)
    if as_json:
        click.echo(json.dumps(_sheet(found), indent=2, ensure_ascii=False))
    else:
        _print(stdout(), found)
    if found.broken:
        sys.exit(EXIT_NO)


def _progress(split: str, pairs: "Sequence[Pair]") -> "Iterable[Pair]":
    """A bar on stderr, where that is a terminal."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(pairs, split, console=console, transient=True, disable=not console.is_terminal)


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
