"""Colours of classes in a mask, for readers with any colour vision; void is grey.

Seven of Okabe and Ito's (their black left out, and grey being void), then the same darker, then
lighter; beyond that they repeat.
Source: Okabe, Ito. Color Universal Design, 2008; Wong, Nature Methods 8, 441 (2011).
"""

from attnbench.train.datasets import VOID

Colour = tuple[int, int, int]
GREY: Colour = (150, 150, 150)
_FIRST: tuple[Colour, ...] = (
    (0, 114, 178), (230, 159, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (213, 94, 0),
    (240, 228, 66),
)  # fmt: skip


def _mixed(colour: Colour, other: int) -> Colour:
    r, g, b = ((level + other) // 2 for level in colour)
    return r, g, b


PALETTE = (*_FIRST, *(_mixed(c, 0) for c in _FIRST), *(_mixed(c, 255) for c in _FIRST))


def colour(index: int) -> Colour:
    """Of a class by its index, or of void."""
    return GREY if index == VOID else PALETTE[index % len(PALETTE)]


def written(index: int) -> str:
    """As in "#0072b2"."""
    return "#{:02x}{:02x}{:02x}".format(*colour(index))
