"""A published structure in words, as a sum of its pieces."""

from attnbench.papers.figures import Alone, Conv, Formula, Head, Map, Papers, full_name, pieces
from attnbench.trial import label


def structure_words(name: str, paper: str, papers: Papers) -> str:
    """The pieces of a structure, as a sum: "3x3 2048→512 + isa layers=1 on 512 at 128x128"."""
    flat = list(pieces(full_name(name, paper), papers))
    maps = {at for piece, at in flat if at and not _is_of_no_map(piece)}
    one = len(maps) == 1
    words = ""
    for i, (piece, at) in enumerate(flat):
        words += "" if i == 0 else " - " if piece.times < 0 else " + "
        words += f"{abs(piece.times)} x " if abs(piece.times) != 1 else ""
        words += _alone(piece) + ("" if one or _is_of_no_map(piece) else _where(at))
    return words + _where(next(iter(maps))) if one else words


def _is_of_no_map(piece: Alone) -> bool:
    return isinstance(piece, Formula) and not set("HWN") & set(piece.text)


def _where(at: Map | None) -> str:
    return f" at {at[0]}x{at[1]}" if at else ""


def _alone(piece: Alone) -> str:
    if isinstance(piece, Conv):
        groups = f" in {piece.groups} groups" if piece.groups > 1 else ""
        return f"{piece.side}x{piece.side} {piece.inputs}→{piece.outputs}{groups}"
    if isinstance(piece, Head):
        whole = "whole " if piece.part == "head" else ""
        return f"{whole}{label(piece.name, piece.options)} on {piece.channels}"
    if isinstance(piece, Formula):
        symbols = ", ".join(f"{k} = {v}" for k, v in piece.symbols.items())
        return f"[{piece.text}{' with ' + symbols if symbols else ''}: {piece.why}]"
    video = f", frames {'-'.join(map(str, piece.frames))}" if piece.frames else ""
    stem = piece.stem.replace("_", " ")
    return f"ResNet-{piece.depth} ({stem} stem, stride {piece.output_stride}{video})"
