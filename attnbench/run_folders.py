"""Where runs lie: the folder that is meant, those that there are, a new one."""

import re
from datetime import UTC, datetime
from pathlib import Path

from attnbench.errors import StoreError, near

INFO = "run.json"  # what makes a folder that of a run
SIDES = HEAD_SIDE, BASE_SIDE = "head", "base"  # folders of a gate with the runs of its two sides
SELF_TEST = "self_test.json"  # of a gate of code against itself, whose head side is slowed down
_STAMP = re.compile(r"\d{8}-\d{6}-")


def find_run(name: str, results: Path) -> Path:
    """The run folder that is meant: a path as typed, or a name below `results`.

    Of a gate, which keeps a run of each side, it is that of the head side; of a self-test that of
    the base, where nothing is slowed down. Raises StoreError for none, if another has a like name.
    """
    is_below = not Path(name).is_dir() and (results / name).is_dir()
    path = results / name if is_below else Path(name)
    if not path.is_dir() and (hint := near(path.name, (p.name for p in runs_in(results)))):
        raise StoreError(f"{name}: no such run folder; {hint}")
    side = path / (BASE_SIDE if (path / SELF_TEST).exists() else HEAD_SIDE)
    return side if not (path / INFO).exists() and (side / INFO).exists() else path


def gate_of(path: Path) -> Path | None:
    """The folder of the gate that a run folder is a side of."""
    path = path.resolve()
    return path.parent if path.name in SIDES else None


def runs_in(results: Path) -> list[Path]:
    """Run folders below `results`, oldest first by name, which begins with the time.

    Those named by hand, as merges are, come first: none is taken for the newest.
    """
    if not results.is_dir():
        return []
    found = [p.parent for p in results.glob(f"[!.]*/{INFO}")]
    return sorted(found, key=lambda p: (bool(_STAMP.match(p.name)), p.name))


def newest_run(results: Path) -> Path:
    """Raises StoreError, with what to type, when there is none."""
    runs = runs_in(results)
    if not runs:
        raise StoreError(
            f"{results}: no run yet; make one with: attnbench run --suite resolution-sweep"
        )
    return runs[-1]


def new_folder(results: Path, name: str) -> Path:
    """An empty folder below `results`, named after the time and `name`. Raises StoreError."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    name = re.sub(r"[^\w.-]+", "-", name)[:100]
    try:
        results.mkdir(parents=True, exist_ok=True)
        return _fresh_folder(results, f"{stamp}-{name}")
    except OSError as error:
        raise unwritable(results, error) from None


def _fresh_folder(results: Path, name: str) -> Path:
    for suffix in ["", *(f"-{n}" for n in range(2, 1000))]:
        try:
            path = results / (name + suffix)
            path.mkdir()
        except FileExistsError:
            continue
        return path
    raise StoreError(f"{results}: a thousand runs named {name}; clear some")


def unwritable(path: Path, error: OSError) -> StoreError:
    return StoreError(f"{path}: cannot write results ({error.strerror}); choose another folder")
