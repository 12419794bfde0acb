"""Whether a printed figure and ours agree, by how much, and by which convention of the paper.

The word follows from two numbers and from the rule that ours is counted by. Nothing here counts:
numbers come from `measure/_recount.py`, or from the file in which the last ones are kept.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import msgspec

from attnbench.papers.figures import Figure, Papers
from attnbench.papers.reading import FOLDER
from attnbench.papers.rules import RULES

EXACT = 0.005  # of the printed number: or what rounds to it
APPROX = 0.04  # or one unit of the last printed digit
TO_THE_DIGIT = "to the last digit"  # ours rounds to what is printed
STORED = FOLDER / "recounted.json"

Word = Literal[
    "agrees",
    "agrees by another convention",
    "fits",
    "differs",
    "not reproducible",
    "not by arithmetic",
]
WORDS = get_args(Word)
MEANING = {
    "agrees": f"within {100 * EXACT:g} % or by rounding; where it says so within "
    f"{100 * APPROX:g} %, or one unit of the last printed digit",
    "agrees by another convention": "the same, once it is counted as the paper counts",
    "fits": "weights and maps chosen for it add up to it; other maps may, too",
    "differs": "arithmetic no longer gives what it gave: a fault of attnbench",
    "not reproducible": "arithmetic gives another number, or no structure is known",
    "not by arithmetic": "accuracy, time or memory of a training: it needs one, or the device",
}


@dataclass(frozen=True)
class Numbers:
    """What a recount found, by id: the figures in their unit, and the y of curves.

    `own` is what attnbench says of the same structure: FLOPs, or bytes that it predicts.
    """

    figures: dict[str, float] = field(default_factory=dict)
    own: dict[str, float] = field(default_factory=dict)
    series: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """`ours` is in the printed unit, None where nothing was counted; `difference` relative; `own`
    what attnbench says of the same structure, in FLOPs or predicted bytes.

    `held` says how well it agrees, `differs_by` by what the paper counts otherwise than attnbench.
    """

    figure: Figure
    word: Word
    ours: float | None = None
    difference: float | None = None
    own: float | None = None
    held: str = ""
    differs_by: tuple[str, ...] = ()


def verdicts(papers: Papers, numbers: Numbers) -> dict[str, Verdict]:
    """Of every figure, by its id."""
    return {
        i: replace(verdict(f, numbers.figures.get(i), papers), own=numbers.own.get(i))
        for i, f in papers.figures.items()
    }


def verdict(figure: Figure, ours: float | None, papers: Papers) -> Verdict:
    if not figure.agrees:
        return Verdict(figure, "not by arithmetic")
    if ours is None:
        return Verdict(figure, "not reproducible" if figure.reason else "differs")
    grade, held = _held(figure, ours, papers)
    difference = ours / figure.value - 1
    by = differs_by(figure)
    word: Word = "agrees by another convention" if by else "agrees"
    if figure.ours and figure.ours.by == "live maps":
        word = "fits"
    if not grade or (grade == "approx" and figure.agrees != "approx"):
        word, held = ("not reproducible" if figure.reason else "differs"), ""
    return Verdict(figure, word, ours, difference, held=held, differs_by=by)


def differs_by(figure: Figure) -> tuple[str, ...]:
    """By what the paper counts otherwise than attnbench does."""
    ours = figure.ours
    if ours is None:
        return ()
    rule = RULES[ours.by].differs if ours.by else ""
    power = "30" if figure.unit == "G" else "20"
    unit = f"its {figure.unit} are 2^{power}" if ours.binary else ""
    return tuple(filter(None, (rule, unit, figure.differs_by)))


def _held(figure: Figure, ours: float, papers: Papers) -> tuple[str, str]:
    """How well the two agree, "exact", "approx" or "", and in words: the first that is true."""
    off, apart = abs(ours / figure.value - 1), abs(ours - figure.value)
    digit, within = last_digit(figure.printed), f"within {100 * APPROX:g} %"
    given = figure.ours.given if figure.ours and figure.ours.of else ""
    if figure.at_least:
        found = [("exact", "a lower bound", ours >= figure.value)]
    elif figure.within:
        found = [("approx", f"within {100 * figure.within:g} %", off <= figure.within)]
    elif given:  # what is taken as it is, is rounded itself, and must not hide the rest
        increment = figure.value - papers.figures[given].value
        close = apart <= APPROX * abs(increment)
        found = [
            ("exact", TO_THE_DIGIT, apart <= digit / 2),
            ("exact", "one unit of the last digit, with what is given", apart <= digit),
            ("approx", f"{within} of the increment", close),
        ]
    else:
        found = [
            ("exact", TO_THE_DIGIT, apart <= digit / 2),
            ("exact", f"within {100 * EXACT:g} %", off <= EXACT),
            ("approx", within, off <= APPROX),
            ("approx", "one unit of the last digit", apart <= digit),
        ]
    return next(((grade, held) for grade, held, is_so in found if is_so), ("", ""))


def last_digit(printed: str) -> float:
    """What one unit of the last digit of a printed number is worth; 0 for a fraction as "1/3"."""
    if "/" in printed:
        return 0.0
    _, point, decimals = printed.partition(".")
    return 10.0 ** -len(decimals) if point else 1.0


def tally(found: Sequence[Verdict]) -> dict[Word, int]:
    """How many verdicts there are of each word, in the order of WORDS."""
    return {w: n for w in WORDS if (n := sum(v.word == w for v in found))}


@cache
def stored(path: Path = STORED) -> Numbers:
    """The numbers of the last recount, that come with attnbench."""
    return msgspec.json.decode(path.read_bytes(), type=Numbers)


def as_stored(numbers: Numbers) -> str:
    """What is kept of a recount: six significant digits of each number."""
    kept = {
        "figures": {i: _rounded(n) for i, n in sorted(numbers.figures.items())},
        "own": {i: _rounded(n) for i, n in sorted(numbers.own.items())},
        "series": {i: list(map(_rounded, y)) for i, y in sorted(numbers.series.items())},
    }
    return json.dumps(kept, indent=1) + "\n"


def _rounded(number: float) -> float:
    return float(f"{number:.6g}")
