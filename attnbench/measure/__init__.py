"""Metrics: one a file, a function of a built head and its input, declared once.

Unit, direction and origin are said here and nowhere else: tables, axes, comparison and gate
take them from the readings. To add a metric, add a file.

Called, it is `attnbench.measure(module, shape)`, which measures any module: see
`attnbench.api.measuring`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

from attnbench.callable_package import make_callable
from attnbench.checked import shown
from attnbench.declaration import Declaration
from attnbench.errors import MetricError
from attnbench.record import Better, Origin, Reading
from attnbench.registry import Registry

make_callable(__name__, "attnbench.api.measuring:measure")

# Of a metric of a user that says nothing else of itself.
_OWN = {"unit": "", "better": "lower", "origin": "measured", "needs_device": True, "repeat": True}

METRICS = Registry("metric", __name__, Path(__file__).parent, "metric")

F = TypeVar("F", bound=Callable)


@dataclass(frozen=True)
class Found:
    """What a metric function returns for one reading: samples, and what explains or shows them."""

    samples: tuple[int | float, ...]
    terms: dict[str, int | float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    pictures: dict[str, str] = field(default_factory=dict)


def metric(
    *,
    origin: Origin,
    units: dict[str, str],
    better: Better | dict[str, Better] = "lower",
    needs_device: bool = False,
    repeat: bool = False,
    timed: bool = True,
) -> Callable[[F], F]:
    """Declares the function below it, `bench -> {reading: Found}`, as the metric of this file.

    `units` names each reading that it can give, with its base unit; `better` is of all of them, or
    of those that it names, the others being better when lower. `needs_device`: it runs the
    head for real. `repeat`: it varies from process to process, so every round takes it. Without
    `timed` another at work beside it changes nothing, so several may be taken at once.
    """

    def declare(function: F) -> F:
        METRICS.add(function.__module__, function)
        return function

    return declare


def describe(name: str) -> Declaration:
    """Docstring and declared facts of a metric; without importing torch, if it is one of ours."""
    told = METRICS.declaration(name)
    if not METRICS.is_own(name):
        return told
    facts = _OWN | told.keywords
    return replace(told, keywords=facts | {"units": {name: facts.pop("unit")}}, options={})


def units() -> dict[str, str]:
    """The base unit of every reading of every metric."""
    names = (*METRICS.published, *(own.name for own in METRICS.own))
    declared = (describe(name).keywords["units"] for name in names)
    return {reading: unit for each in declared for reading, unit in each.items()}


def directions(name: str) -> dict[str, Better]:
    """Whether lower or higher is better, for each reading of a metric."""
    return _directions(describe(name).keywords)


def _directions(facts: dict[str, Any]) -> dict[str, Better]:
    told = facts.get("better", "lower")
    each = told if isinstance(told, dict) else dict.fromkeys(facts["units"], told)
    return {reading: each.get(reading, "lower") for reading in facts["units"]}


def readings(name: str, bench: object) -> dict[str, Reading]:
    """The readings of metric `name` on a bench. Raises UnmeasuredError with the reason for none."""
    facts = describe(name).keywords
    better = _directions(facts)
    found = METRICS[name](bench)
    if METRICS.is_own(name):
        found = _as_found(name, found)
    return {
        reading: Reading(
            samples=each.samples,
            unit=facts["units"][reading],
            better=better[reading],
            origin=facts["origin"],
            terms=each.terms,
            notes=each.notes,
            pictures=each.pictures,
        )
        for reading, each in found.items()
    }


def _as_found(name: str, told: Any) -> dict[str, Found]:
    """Of a metric of a user: a number, or several, are the samples of the one reading it has."""
    try:
        samples = tuple(told) if isinstance(told, Iterable) else (told,)
        samples = tuple(s if isinstance(s, int) else float(s) for s in samples)
    except (TypeError, ValueError):
        samples = ()
    if not samples or not all(map(isfinite, samples)):
        raise MetricError(f"metric {name}: expected a number or several, got {shown(told)}")
    return {name: Found(samples)}
