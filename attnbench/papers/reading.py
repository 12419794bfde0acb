"""The files of `papers/`: printed figures read from TOML and checked once. A mistake is one line.

Nothing here imports torch: heads are known by their declarations.
"""

from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

import msgspec

from attnbench import heads
from attnbench.checked import converted, parse_toml
from attnbench.errors import AttnbenchError, SuiteError, UnknownNameError
from attnbench.papers.figures import (
    Figure,
    Formula,
    Head,
    Named,
    Ours,
    Paper,
    Papers,
    Piece,
    Structure,
    full_name,
)
from attnbench.papers.rules import RULES

FOLDER = Path(__file__).parent


def paper_names() -> list[str]:
    return sorted(p.stem for p in FOLDER.glob("*.toml"))


@cache
def papers() -> Papers:
    """The papers that come with attnbench. Raises SuiteError with file and place."""
    paths = (FOLDER / f"{name}.toml" for name in paper_names())
    return read_papers({path.stem: path.read_text(encoding="utf-8") for path in paths})


def read_papers(texts: Mapping[str, str]) -> Papers:
    """The papers of these texts by name, checked together: they name structures of each other."""
    found = Papers(parse_paper(text, name, f"papers/{name}.toml") for name, text in texts.items())
    for paper in found:
        _check(paper, found, f"papers/{paper.name}.toml")
    return found


def parse_paper(text: str, name: str, where: str) -> Paper:
    """The paper that `text` describes. What it names of other papers is not looked up."""
    paper = converted(parse_toml(text, where), Paper, where)
    return msgspec.structs.replace(paper, name=name)


def _check(paper: Paper, found: Papers, where: str) -> None:
    seen: set[str] = set()
    for figure in paper.figures:
        place = f"{where}: figure {figure.id}"
        if figure.id in seen:
            raise SuiteError(f"{place}: there are two of this id")
        seen.add(figure.id)
        _check_figure(figure, paper.name, found, place)
    for series in paper.series:
        _check_ours(series.ours, paper.name, found, f"{where}: series {series.id}")
        if len(series.x) != len(series.y):
            raise SuiteError(f"{where}: series {series.id}: {len(series.x)} x, {len(series.y)} y")
    for name, structure in paper.structure.items():
        for piece in structure.pieces:
            _check_piece(piece, structure, paper.name, found, f"{where}: structure {name}")


def _check_figure(figure: Figure, paper: str, found: Papers, where: str) -> None:
    try:
        positive = figure.value > 0
    except (ValueError, ZeroDivisionError):
        positive = False
    if not positive:
        raise SuiteError(f"{where}: printed = {figure.printed!r}: expected a number above zero")
    if figure.agrees in ("exact", "approx") and figure.ours is None:
        raise SuiteError(f"{where}: agrees = {figure.agrees!r} needs ours, how it is recounted")
    if (figure.agrees == "no") != bool(figure.reason):
        raise SuiteError(f'{where}: a reason goes with agrees = "no", and it with a reason')
    if figure.ours is not None and not figure.agrees:
        raise SuiteError(f"{where}: what is recounted says what came of it: agrees is missing")
    _check_ours(figure.ours, paper, found, where)


def _check_ours(ours: Ours | None, paper: str, found: Papers, where: str) -> None:
    if ours is None:
        return
    if not (ours.of or ours.given_over):
        raise SuiteError(f"{where}: ours: name the structure, of = ..., or two given figures")
    if ours.of and ours.by not in RULES:
        raise UnknownNameError("counting rule", ours.by, RULES, where)
    for structure in filter(None, (ours.of, ours.over, ours.predicted)):
        _known("structure", full_name(structure, paper), found.structures, where)
    for figure in filter(None, (ours.given, ours.given_over)):
        _known("figure", figure, found.figures, where)


def _check_piece(piece: Piece, within: Structure, paper: str, found: Papers, where: str) -> None:
    if isinstance(piece, Named):
        _known("structure", full_name(piece.name, paper), found.structures, where)
        return
    if piece.at is None and within.at is None:
        raise SuiteError(f"{where}: at = [height, width] is missing")
    if (isinstance(piece, Formula) or piece.times < 0) and not piece.why:
        raise SuiteError(f"{where}: a formula, and what is taken away, says why")
    if isinstance(piece, Head):
        try:
            _known("head", piece.name, heads.HEADS, where)
            heads.describe(piece.name).check(piece.options, where)
        except AttnbenchError as error:
            raise SuiteError(str(error)) from None


def _known(kind: str, name: str, known: Collection[str], where: str) -> None:
    if name not in known:
        raise UnknownNameError(kind, name, known, where)
