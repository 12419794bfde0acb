"""A figure as a value: what is drawn, and the words that go with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from attnbench.report.looks import Look, family, look, short
from attnbench.scaling import PowerLaw
from attnbench.stats import Estimate
from attnbench.trial import Trial

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

    @classmethod
    def of(
        cls, trial: Trial, pixels: Sequence[int], points: Sequence[Estimate], **more: Any
    ) -> "Line":
        """Of the head of a trial, as it looks in every figure."""
        pair = short(trial)
        told = {
            "label": pair if trial.kernel == "eager" else f"{pair} {trial.kernel}",
            "pair": pair,
            "look": look(trial.head),
            "variant": 0,
            "is_hollow": trial.kernel != "eager",
            "family": family(trial.head),
            "pixels": tuple(pixels),
            "values": tuple(p.value for p in points),
            "low": tuple(p.low if p.known else p.value for p in points),
            "high": tuple(p.high if p.known else p.value for p in points),
        }
        return cls(**(told | more))


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

    @classmethod
    def of(cls, trial: Trial, x: Estimate, y: Estimate, *, is_front: bool) -> "Mark":
        ends = ((e.low, e.high) if e.known else (e.value, e.value) for e in (x, y))
        return cls(trial.label, look(trial.head), x.value, y.value, *ends, is_front=is_front)


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
