"""Data for the scripts of the page: JSON that can stand in HTML and says what it is, small."""

from typing import Any

import msgspec
from markupsafe import Markup

from attnbench.printable import printable

SIGNIFICANT = 6  # digits of a number: more than any interval here is worth
# What would end the element, open a comment or, in JavaScript, end a line.
_ESCAPES = str.maketrans(
    {
        "<": r"\u003c",
        ">": r"\u003e",
        "&": r"\u0026",
        "\N{LINE SEPARATOR}": r"\u2028",
        "\N{PARAGRAPH SEPARATOR}": r"\u2029",
    }
)


def embedded(value: Any) -> Markup:
    """The JSON of a dataclass, for the inside of a script element that is not run.

    Markup is safe here: no character of it can end the element. Names in it must be `plain`.
    """
    return Markup(msgspec.json.encode(value).decode().translate(_ESCAPES))  # noqa: S704


def plain(word: str) -> str:
    r"""`word` as it is shown: what steers or turns text is written out before it becomes JSON.

    Done to the page afterwards, "\x1b" would be no JSON and "\u202e" would be read back as itself.
    """
    return printable(word)


def short(value: float) -> float | int:
    """`value` with SIGNIFICANT digits; an integer where that is shorter."""
    rounded = float(f"{value:.{SIGNIFICANT}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded
