"""A registry is a folder: an entry is a file, its name is the file's, and asking for it imports it.

Names are listed without importing anything, so a broken entry breaks only itself and listing
needs no torch. A decorator in the file hands the entry over.
"""

import time
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from attnbench.errors import UnknownNameError

TICK = 10**8  # ns: two changes nearer than a file system's clock tells apart look like one


class Registry(Mapping[str, Any]):
    """Names to entries, in alphabetical order; a file that starts with _ is no entry."""

    def __init__(self, kind: str, package: str, folder: Path):
        self.kind, self._package, self.folder = kind, package, folder
        self._entries: dict[str, Any] = {}
        self._listed: tuple[int, dict[str, Path]] = (0, {})

    def add(self, module: str, entry: Any) -> None:
        """Called by the decorator: `entry` is what the file `module` declares."""
        name = module.rpartition(".")[2]
        if name in self._entries and self._entries[name] is not entry:
            raise TypeError(f"{module} declares two entries; one file holds one {self.kind}")
        self._entries[name] = entry

    def path(self, name: str) -> Path:
        """The file of an entry. Raises UnknownNameError, with the nearest name."""
        files = self._files()
        if name not in files:
            raise UnknownNameError(self.kind, name, self)
        return files[name]

    def __getitem__(self, name: str) -> Any:
        self.path(name)
        if name not in self._entries:
            import_module(f"{self._package}.{name}")
        if name not in self._entries:
            raise TypeError(f"{self._package}.{name} declares no {self.kind}")
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._files()

    def __iter__(self) -> Iterator[str]:
        return iter(self._files())

    def __len__(self) -> int:
        return len(self._files())

    def _files(self) -> dict[str, Path]:
        """By name. Listed again only when the folder changed, as names are asked for often."""
        changed = self.folder.stat().st_mtime_ns
        if self._listed[0] == changed:
            return self._listed[1]
        found = sorted(f for f in self.folder.glob("*.py") if not f.name.startswith("_"))
        files = {f.stem: f for f in found}
        if time.time_ns() - changed > TICK:
            self._listed = changed, files
        return files
