"""The figures of the report as files for a paper, each with the words of its caption."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from attnbench.plain_files import replacing_folder
from attnbench.printable import one_line
from attnbench.report.contents import Contents, Slugs, figures
from attnbench.report.drawing import drawing
from attnbench.report.figures import STYLE
from attnbench.report.format import COLUMNS, Format
from attnbench.report.palette import PAPER

KINDS = ("pdf", "svg", "png")
CAPTIONS = "captions.txt"
SHARP = 300  # dots an inch of a PNG
NO_DATE = {  # the same run gives the same bytes
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
}


def write_figures(
    shown: Contents, folder: Path, kinds: Sequence[str], columns: int, mend: str
) -> Path:
    """The folder that was made: each figure in each of `kinds`, as wide as so many columns, and
    `captions.txt`. Raises StoreError.
    """
    target = folder / f"{shown.name}-figures"
    slugs, captions = Slugs(), [_origin(shown, columns)]
    suffixes = [Path(CAPTIONS).suffix, *(f".{kind}" for kind in KINDS)]
    with replacing_folder(target, suffixes, mend) as draft:
        for chapter in shown.chapters:
            for figure in figures(chapter.blocks):
                name = slugs.slug(figure.plot.name)
                _save(drawing(figure.plot, COLUMNS[columns]), draft, name, kinds)
                told = (chapter.title, figure.plot.title, figure.plot.description)
                captions.append("\n".join([name, *(f"  {one_line(words)}" for words in told)]))
        (draft / CAPTIONS).write_text("\n\n".join(captions) + "\n", encoding="utf-8")
    return target


def _save(figure: Figure, folder: Path, name: str, kinds: Sequence[str]) -> None:
    for kind in dict.fromkeys(kinds):
        with mpl.rc_context(STYLE):
            figure.savefig(
                folder / f"{name}.{kind}", format=kind, dpi=SHARP, metadata=NO_DATE[kind],
                facecolor=PAPER if kind == "png" else "none",
            )  # fmt: skip


def _origin(shown: Contents, columns: int) -> str:
    """Where the numbers of all figures are from, and how to take one into a paper."""
    return "\n".join([*map(one_line, _facts(shown, COLUMNS[columns])), *_usage(columns)])


def _facts(shown: Contents, on: Format) -> Iterator[str]:
    info = shown.run.info
    yield f"Figures of run {shown.run.name}, suite {info.suite}, {info.created}"
    for e in shown.run.environments.values():
        gpus = "".join(f", {g.name}" for g in e.gpus)
        commit = f", commit {e.commit}{' with changes' if e.dirty else ''}" if e.commit else ""
        yield f"Measured on {e.cpu}{gpus}; torch {e.torch}, attnbench {e.attnbench}{commit}"
    yield (
        "Bands and bars are 95 % intervals over rounds, where known; thin lines are power laws "
        "fitted to the points. Hollow marks are of a kernel other than the published one, or of "
        "a head that is not on the front."
    )
    yield f"Each is {on.width / 72:.1f} in wide, with letters of {on.small:g} points and more."


def _usage(columns: int) -> list[str]:
    width, starred = (r"\columnwidth", "") if columns == 1 else (r"\textwidth", "*")
    begin, end = rf"\begin{{figure{starred}}}", rf"\end{{figure{starred}}}"
    return [rf"{begin}\includegraphics[width={width}]{{NAME.pdf}}\caption{{...}}{end}"]
