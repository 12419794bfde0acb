"""attnbench maps: what heads attend to over a photograph, as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from attnbench.cli import _names, _options
from attnbench.cli._command import Choice, Command, option
from attnbench.cli._json import json_option, print_json
from attnbench.kinds import BACKBONES

if TYPE_CHECKING:
    from attnbench.map_sheet import Photograph, Pixel, Row, Sheet
    from attnbench.measure._photograph.subject import Around, Subject
    from attnbench.suite import HeadChoice

WHAT, AROUND, OUT = "What to draw", "Between image and head", "Output"
LONGEST, LARGEST = 512, 1024  # pixels: of a map of all pairs, 4,096 and 16,384 places squared


# fmt: off
@click.command(
    cls=Command,
    short_help="What heads attend to, over a photograph.",
    examples=(
        "attnbench maps --head ema --image photo.jpg -o maps.png",
        "attnbench maps --head ccnet --image photo.jpg --at 9,9 -o maps.pdf",
    ),
)
@_options.heads("Whose maps; several are drawn below each other.", WHAT, required=True)
@option("--image", required=True, type=click.Path(path_type=Path), metavar="FILE", heading=WHAT,
        help="A PNG or JPEG of at most 64 Mpixel.")
@option("--at", "typed", multiple=True, metavar="X,Y", heading=WHAT,
        help="The pixel of the image whose map is drawn; may be repeated.  [default: middle]")
@option("--weights", metavar="RUN|FILE", shell_complete=_names.runs, heading=WHAT,
        help="Of a run with --keep-weights, or a checkpoint.  [default: random weights]")
@option("--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="N",
        help="Of the training that is taken from a run, or of random weights.", heading=WHAT)
@option("--backbone", type=Choice(BACKBONES[1:]), heading=AROUND,
        help="Between image and head.  [default: a small network of stride 8]")
@option("--backbone-weights", type=click.Path(path_type=Path), metavar="FILE", heading=AROUND,
        help="ImageNet checkpoint of the backbone.")
@option("--channels", default=64, show_default=True, type=click.IntRange(min=1), metavar="N",
        help="That a head reads in the small network, where no weights tell.", heading=AROUND)
@option("--longest", default=LONGEST, show_default=True,
        type=click.IntRange(min=1, max=LARGEST), metavar="PIXELS", heading=AROUND,
        help="A larger image is brought down to this on its longer side.")
@option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
        help="The picture, as .png, .pdf or .svg.", heading=OUT)
@_options.results(heading=OUT)
@json_option(heading=OUT)
def command(
    *, heads: tuple[str, ...], image: Path, typed: tuple[str, ...], weights: str | None, seed: int,
    backbone: str | None, backbone_weights: Path | None, channels: int, longest: int,
    output: Path | None, as_json: bool, results: Path,
) -> None:
    """Draws what heads attend to over a photograph: bases, maps of a pixel, maps that all share.

    Without --weights, heads are not trained, and the sheet says so. docs/maps.md tells what is
    drawn of each head. Exit code 2: a head has no map over pixels.
    """
    # fmt: on
    from attnbench.errors import AttnbenchError
    from attnbench.head_choice import parse_head

    if output is None and not as_json:
        raise AttnbenchError("where to? -o maps.png for a picture, --json for its numbers")
    if output is not None:
        _check_suffix(output)
    if backbone_weights is not None and backbone is None:
        raise AttnbenchError("--backbone-weights: of which backbone? as in --backbone resnet50")
    choices = [parse_head(head) for head in heads]
    _check_maps(choices)
    if len(choices) > 1 and weights is not None and Path(weights).is_file():
        raise AttnbenchError(f"--weights {weights}: a file has one head; name a run for several")
    paths = [_weights(choice, weights, seed, results) for choice in choices]

    from attnbench.map_sheet import Sheet
    from attnbench.measure._photograph.image import photograph, pixels_asked
    from attnbench.measure._photograph.subject import Around

    photo = photograph(image, longest)
    asked = pixels_asked(typed, photo)
    around = Around(channels, backbone or "", backbone_weights, seed)
    rows = (_row(c, p, around, photo, asked) for c, p in zip(choices, paths, strict=True))
    _tell(Sheet(photo, asked, tuple(rows)), output, as_json=as_json)


def _check_suffix(path: Path) -> None:
    from attnbench.errors import AttnbenchError
    from attnbench.report.figure_files import KINDS

    if path.suffix.removeprefix(".") not in KINDS:
        known = ", ".join(f".{kind}" for kind in KINDS)
        raise AttnbenchError(f"{path}: a picture is written as {known}")


def _check_maps(choices: "Sequence[HeadChoice]") -> None:
    """Before torch is imported."""
    from attnbench import heads
    from attnbench.errors import AttnbenchError

    for choice in choices:
        if not heads.describe(choice.name).keywords.get("maps"):
            having = [h for h in heads.HEADS if heads.describe(h).keywords.get("maps")]
            told = f"has no map over pixels to draw; these have: {', '.join(having)}"
            raise AttnbenchError(f"{choice.name} {told}")


def _weights(choice: "HeadChoice", named: str | None, seed: int, results: Path) -> Path | None:
    """The file with the weights of a head; None for random ones."""
    from attnbench.errors import AttnbenchError
    from attnbench.kept_weights import kept_file
    from attnbench.run_folders import find_run

    if named is None:
        return None
    if Path(named).is_file():
        return Path(named)
    run = find_run(named, results)
    if not run.is_dir():
        raise AttnbenchError(f"--weights {named}: no such file, nor a run of that name")
    return kept_file(run, choice, seed)


def _row(
    choice: "HeadChoice", path: Path | None, around: "Around", photo: "Photograph",
    asked: "Sequence[Pixel]",
) -> "Row":  # fmt: skip
    from attnbench.errors import AttnbenchError
    from attnbench.measure._photograph.looked import row
    from attnbench.run import out_of_memory

    try:
        return row(_subject(choice, path, around), photo, asked)
    except (RuntimeError, MemoryError) as error:
        if not (isinstance(error, MemoryError) or out_of_memory.says_so(str(error))):
            raise
        told = "its maps do not fit the memory of this machine; make --longest smaller"
        raise AttnbenchError(f"{choice.name}: {told}") from None


def _subject(choice: "HeadChoice", path: Path | None, around: "Around") -> "Subject":
    from attnbench.measure._photograph.subject import of_file, untrained

    return untrained(choice, around) if path is None else of_file(choice, path, around)


def _tell(sheet: "Sheet", output: Path | None, *, as_json: bool) -> None:
    from attnbench.cli._console import warn

    warn(f"{row.label}: {row.warning}" for row in sheet.rows if row.warning)
    if output is not None:
        from attnbench.report.map_figure import save

        save(sheet, output)
        click.echo(f"sheet: {output}", err=True)
    if as_json:
        from attnbench.map_sheet import told

        print_json(told(sheet))
    else:
        _print(sheet)


def _print(sheet: "Sheet") -> None:
    """What each map comes to."""
    from attnbench.cli._console import print_table, print_text, stdout
    from attnbench.units import digits

    console = stdout()
    print_text(console, *sheet.facts)
    for row in sheet.rows:
        height, width = row.features
        print_text(console, "", f"{row.label}: {row.weights}")
        print_text(console, f"reads {row.reads}, at {width} x {height} places", *row.left_out)
        rows = [
            [
                tile.title, f"{tile.weights.min():.3g}", f"{tile.weights.max():.3g}",
                ",".join(map(str, tile.largest(sheet.photograph))),
                digits(tile.entropy), digits(tile.even_entropy),
            ]
            for tile in row.tiles
        ]  # fmt: skip
        titles = ("map", "min", "max", "largest at", "entropy (nats)", "if even")
        print_table(console, titles, rows, numbers=titles[1:])
