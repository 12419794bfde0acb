"""What a figure is drawn for: the page, or a paper. All in points, of which an inch has 72."""

from dataclasses import dataclass

INCH = 72


@dataclass(frozen=True)
class Format:
    """Sizes of a figure and of what is in it.

    Names stand to the right of the axes, or else in a key below. In a paper, any two lines differ
    without their colours, and the axis of costs has its title beside it and not above the figure.
    """

    width: float
    height: float  # at least: many names need more
    left: float  # of the axes, to the numbers on them
    right: float  # of the axes, where no names stand there
    top: float
    bottom: float
    text: float  # of names
    small: float  # of numbers and titles on axes, and of the key
    gap: float  # between two names
    leader: float  # from the axes to a name
    longest: int  # characters of a name
    line: float
    thin: float
    marker: float
    ticks: int  # of sizes, at most
    has_key: bool = False
    is_paper: bool = False


PAGE = Format(
    width=460, height=372, left=66, right=16, top=14, bottom=58, text=11.5, small=11, gap=14.5,
    leader=16, longest=24, line=1.6, thin=0.8, marker=4.8, ticks=6,
)  # fmt: skip
ONE_COLUMN = Format(
    width=3.3 * INCH, height=176, left=45, right=14, top=6, bottom=38, text=8, small=7, gap=9.5,
    leader=10, longest=16, line=1.0, thin=0.6, marker=4.2, ticks=4, has_key=True, is_paper=True,
)  # fmt: skip
TWO_COLUMNS = Format(
    width=6.9 * INCH, height=250, left=48, right=10, top=8, bottom=40, text=8, small=7, gap=9.5,
    leader=14, longest=32, line=1.2, thin=0.7, marker=4.6, ticks=6, is_paper=True,
)  # fmt: skip
COLUMNS = {1: ONE_COLUMN, 2: TWO_COLUMNS}  # that a figure takes of a paper with two
