"""Something about a machine that disturbs a measurement, and what mends it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["stop", "note"]


@dataclass(frozen=True)
class Finding:
    """One line each. "stop": numbers taken now are not to be trusted; "note": know it."""

    what: str
    why: str  # what it does to the numbers
    mend: str  # a command, or what to do where no command does
    severity: Severity


def stop(what: str, why: str, mend: str) -> Finding:
    return Finding(what, why, mend, "stop")


def note(what: str, why: str, mend: str) -> Finding:
    return Finding(what, why, mend, "note")


def by_severity(findings: Iterable[Finding | None]) -> tuple[Finding, ...]:
    """Those that there are, what stops a measurement first."""
    return tuple(sorted(filter(None, findings), key=lambda f: f.severity != "stop"))


def trusted(findings: Iterable[Finding]) -> bool:
    """Whether a measurement now may be trusted."""
    return all(f.severity != "stop" for f in findings)
