"""A table of budgets at the end: what each allows, what was read, and the stored reference.

Below it, how fast the machine was: a virtual one may be half as fast an hour later.
"""

import json
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import pytest

from attnbench.host.cpu import cpu
from attnbench.units import digits

REFERENCE = Path(__file__).parent / "reference.json"


@dataclass(frozen=True)
class Held:
    """A budget, and the readings of one repetition after another; the median of them counts."""

    name: str
    unit: str
    limit: float
    readings: tuple[float, ...]
    is_least: bool = False

    @property
    def median(self) -> float:
        return median(self.readings)

    @property
    def best(self) -> float:
        return max(self.readings) if self.is_least else min(self.readings)

    @property
    def is_held(self) -> bool:
        return self.median >= self.limit if self.is_least else self.median <= self.limit

    def row(self, stored: dict[str, float]) -> tuple[str, ...]:
        before = stored.get("median")
        return (
            self.name,
            f"{'>=' if self.is_least else '<='} {_shown(self.limit, self.unit)}",
            _shown(self.median, self.unit),
            _shown(self.best, self.unit),
            "none" if before is None else _shown(before, self.unit),
            "held" if self.is_held else "NOT HELD",
        )


HELD: list[Held] = []
PACES: list[float] = []  # of the machine before and after each budget
STEPS = 10**6
TITLES = ("budget", "allowed", "median", "best", "stored", "")


@pytest.fixture
def held() -> Callable[..., None]:
    """Takes the readings of a budget, prints them in the table, and fails where it is exceeded."""

    def hold(name: str, readings: Sequence[float], unit: str, **limit: float) -> None:
        ((kind, value),) = limit.items()
        found = Held(name, unit, value, tuple(readings), is_least=kind == "at_least")
        HELD.append(found)
        assert found.is_held, " ".join(found.row({}))

    return hold


def pace() -> float:
    """Seconds of a loop of a million steps, which is all Python and no memory."""
    begin = perf_counter()
    for _ in range(STEPS):
        pass
    return perf_counter() - begin


@pytest.fixture(autouse=True)
def _paced() -> Iterator[None]:
    PACES.append(pace())
    yield
    PACES.append(pace())


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--renew", action="store_true", help="store these readings as the reference")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if not HELD:
        return
    stored = json.loads(REFERENCE.read_text()) if REFERENCE.exists() else {"budgets": {}}
    rows = [TITLES, *(h.row(stored["budgets"].get(h.name, {})) for h in HELD)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    terminalreporter.section("budgets")
    for row in rows:
        cells = (text.ljust(w) for text, w in zip(row, widths, strict=True))
        terminalreporter.write_line("  ".join(cells).rstrip())
    told = f"{_shown(median(PACES), 's')} ({_shown(min(PACES), 's')} to {_shown(max(PACES), 's')})"
    before = f", stored {_shown(stored['pace'], 's')}" if "pace" in stored else ""
    terminalreporter.write_line(f"a million steps of a loop took {told}{before}")
    terminalreporter.write_line(f"stored: {stored.get('machine', 'nothing yet')}")
    if config.getoption("--renew"):
        REFERENCE.write_text(json.dumps(_as_stored(), indent=2) + "\n")
        terminalreporter.write_line(f"renewed: {REFERENCE}")


def _as_stored() -> dict[str, Any]:
    here = (cpu().name, f"Python {platform.python_version()}", f"torch {version('torch')}")
    budgets = {h.name: {"unit": h.unit, "median": h.median, "best": h.best} for h in HELD}
    return {"machine": ", ".join(here), "pace": median(PACES), "budgets": budgets}


def _shown(value: float, unit: str) -> str:
    return f"{value:.2%}" if unit == "share" else f"{digits(value)} {unit}"
