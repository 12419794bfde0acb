"""What the kernel tells in small files, below a root that a test may make up.

A file that is not there, or that we may not read, tells nothing: "" or None, never an error.
"""

from collections.abc import Iterable
from pathlib import Path


def text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def number(path: Path) -> int | None:
    """The whole number that a file consists of."""
    told = text(path)
    return int(told) if told.removeprefix("-").isdigit() else None


def fields(path: Path) -> dict[str, int]:
    """The numbers of lines like "MemTotal:  1024 kB" or "pswpin 7", by name, unscaled."""
    words = (line.replace(":", " ").split() for line in text(path).splitlines())
    return {w[0]: int(w[1]) for w in words if len(w) > 1 and w[1].isdigit()}


def members(path: Path) -> tuple[int, ...]:
    """The numbers of a list like "0-3,8"."""
    ranges = (part.partition("-") for part in text(path).split(",") if part)
    return tuple(n for low, _, high in ranges for n in range(int(low), int(high or low) + 1))


def first(paths: Iterable[Path]) -> Path | None:
    """The first of them that tells something."""
    return next((p for p in paths if text(p)), None)
