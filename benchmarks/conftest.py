"""A table of budgets at the end: what each allows, what was read, and the stored reference."""

import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
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
    terminalreporter.write_line(f"stored: {stored.get('machine', 'nothing yet')}")
    if config.getoption("--renew"):
        REFERENCE.write_text(json.dumps(_as_stored(), indent=2) + "\n")
        terminalreporter.write_line(f"renewed: {REFERENCE}")


def _as_stored() -> dict[str, Any]:
    here = (cpu().name, f"Python {platform.python_version()}", f"torch {version('torch')}")
    budgets = {h.name: {"unit": h.unit, "median": h.median, "best": h.best} for h in HELD}
    return {"machine": ", ".join(here), "budgets": budgets}


def _shown(value: float, unit: str) -> str:
    return f"{value:.2%}" if unit == "share" else f"{digits(value)} {unit}"
