"""A figure as a value: what is drawn, and the words that go with it."""

from dataclasses import dataclass

from attnbench.report.looks import Look
from attnbench.scaling import PowerLaw

SIDES = "side of the map, and pixels N"
NARROW, WIDE = 460, 860  # points: half of a page and all of it
CROWDED = 12  # lines or marks: more of them want all of it


@dataclass(frozen=True)
class Line:
    """One head in one kernel. `low` and `high` are the ends of the intervals, where known."""

    label: str
    pair: str  # the label without its kernel: lines that end together share it
    look: Look
    variant: int  # counts the options with which the head is in the figure
    is_hollow: bool  # of another kernel than the published one
    pixels: tuple[int, ...]
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    fit: PowerLaw | None = None
    family: str = ""
    is_reference: bool = False  # what the others are held against


@dataclass(frozen=True)
class Plot:
    """Cost over pixels on two logarithmic axes. `sizes` names pixels by the side of the map.

    With another `x_title` the axis is of something else, whose numbers are their own names.
    `limits` are values with names, drawn across where they are in reach: what a card holds.
    """

    name: str
    title: str
    description: str
    unit: str
    lines: tuple[Line, ...]
    sizes: dict[int, str]
    x_title: str = SIDES
    limits: tuple[tuple[str, float], ...] = ()

    @property
    def is_crowded(self) -> bool:
        return len(self.lines) > CROWDED

    @property
    def width(self) -> int:
        return WIDE if self.is_crowded else NARROW


@dataclass(frozen=True)
class Mark:
    """One head in a plane, with the ends of its intervals where known. Hollow unless in front."""

    label: str
    look: Look
    x: float
    y: float
    x_ends: tuple[float, float]
    y_ends: tuple[float, float]
    is_front: bool


@dataclass(frozen=True)
class Roof:
    """What the device allows: a rate (FLOPs a second), and another for each unit of x (bytes)."""

    flat: float
    slope: float


@dataclass(frozen=True)
class Scatter:
    """A share, of 1, over a cost on a logarithmic axis. Marks on the front are joined.

    With roofs, y is a rate on a logarithmic axis, in `y_unit`, and nothing is joined.
    """

    name: str
    title: str
    description: str
    unit: str
    x_title: str
    y_title: str
    marks: tuple[Mark, ...]
    y_unit: str = ""
    roofs: tuple[Roof, ...] = ()

    @property
    def width(self) -> int:
        return WIDE if len(self.marks) > CROWDED else NARROW
