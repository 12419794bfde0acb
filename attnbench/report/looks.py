"""How the lines of a figure look: by what they are on the page, and all apart in a paper.

A paper is printed in grey, and read by people who see few colours: there any two lines differ in
their marker, in its filling, or in their dashes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from attnbench.report.format import Format
from attnbench.report.palette import MARKERS, PAPER, color
from attnbench.report.plot import Line

_APART = ("o", "s", "^", "D", "v", "P", "X", "<")  # told from each other at three points
Dash = tuple[float, tuple[float, ...]] | str


@dataclass(frozen=True)
class Look:
    """A line as matplotlib takes it."""

    color: str
    dash: Dash
    marker: str
    is_hollow: bool

    def artist(self, on: Format) -> dict[str, Any]:
        return {
            "color": self.color, "lw": on.line, "ls": self.dash, "marker": self.marker,
            "ms": on.marker, "mew": on.line * 0.8, "mec": self.color,
            "mfc": PAPER if self.is_hollow else self.color,
        }  # fmt: skip


def looks(lines: Sequence[Line], on: Format) -> list[Look]:
    if not on.is_paper:
        return [
            Look(color(v.slot), (0, (4, 2)) if v.is_dashed else "-",
                 MARKERS[v.marker % len(MARKERS)], v.is_dashed)
            for v in lines
        ]  # fmt: skip
    pairs = list(dict.fromkeys((v.slot, v.pair) for v in lines))
    return [_apart(pairs.index((v.slot, v.pair)), v) for v in lines]


def _apart(place: int, line: Line) -> Look:
    """The markers in turn; with each turn through all of them the dashes have one more dot."""
    turn, marker = divmod(place, len(_APART))
    dots = (1, 1.5) * turn
    dash: Dash = (0, (3.5, 1.5, *dots)) if line.is_dashed else (0, (8, 1.5, *dots)) if turn else "-"
    return Look(color(line.slot), dash, _APART[marker], line.is_dashed)
