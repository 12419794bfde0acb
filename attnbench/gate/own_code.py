"""A user's own heads and metrics in a gate: each side measures its own version of their files."""

from dataclasses import dataclass, field
from pathlib import Path

from attnbench.errors import SuiteError
from attnbench.own import Found
from attnbench.registry import adopted, registry


@dataclass(frozen=True)
class OwnCode:
    """Where the files of own code stand below the root of a repository.

    `files` is by kind and name; `packages` are folders that Python is to import from.
    """

    files: dict[tuple[str, str], Path] = field(default_factory=dict)
    packages: tuple[Path, ...] = ()


def own_code(root: Path) -> OwnCode:
    """Of all that was asked for. Raises SuiteError for what no commit of this repository has."""
    found = {(o.kind, o.name): registry(o.kind).found(o.name) for o in adopted()}
    files = {key: _below(each.files[0], root, each) for key, each in found.items()}
    packages = [_below(each.imported_from, root, each) for each in found.values()]
    return OwnCode(files, tuple(dict.fromkeys(packages)))


def _below(path: Path, root: Path, own: Found) -> Path:
    try:
        return path.resolve().relative_to(root.resolve())
    except ValueError:
        raise SuiteError(
            f"{own.where}: not in {root}: both sides of the gate would have the same; "
            "run it in the repository that has this code"
        ) from None
