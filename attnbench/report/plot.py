"""A figure as a value: what is drawn, and the words that go with it."""

from dataclasses import dataclass

from attnbench.stats import PowerLaw

SIDES = "side of the map, and pixels N"


@dataclass(frozen=True)
class Line:
    """One head in one kernel. `low` and `high` are the ends of the intervals, where known."""

    label: str
    pair: str  # the label without its kernel: lines that end together share it
    slot: int
    marker: int  # counts the options with which the head is in the figure
    is_dashed: bool
    pixels: tuple[int, ...]
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    fit: PowerLaw | None = None


@dataclass(frozen=True)
class Plot:
    """Cost over pixels on two logarithmic axes. `sizes` names pixels by the side of the map.

    With another `x_title` the axis is of something else, whose numbers are their own names.
    """

    name: str
    title: str
    description: str
    unit: str
    lines: tuple[Line, ...]
    sizes: dict[int, str]
    x_title: str = SIDES


@dataclass(frozen=True)
class Mark:
    """One head in a plane, with the ends of its intervals where known."""

    label: str
    slot: int
    x: float
    y: float
    x_ends: tuple[float, float]
    y_ends: tuple[float, float]
    is_front: bool


@dataclass(frozen=True)
class Scatter:
    """A share, of 1, over a cost on a logarithmic axis. Marks on the front are joined."""

    name: str
    title: str
    description: str
    unit: str
    x_title: str
    y_title: str
    marks: tuple[Mark, ...]
