"""A registry is a folder: an entry is a file, its name is the file's, and asking for it imports it.

Names are listed without importing anything, so a broken entry breaks only itself and listing
needs no torch. A decorator in the file hands the entry over. Beside these stands what a user's own
code adds, by reference (see `own`) or, of an installed package, by an entry point.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attnbench.declaration import Declaration, declaration
from attnbench.errors import AttnbenchError, UnknownNameError
from attnbench.training import Option

if TYPE_CHECKING:
    from attnbench.own import Found

TICK = 10**8  # ns: two changes nearer than a file system's clock tells apart look like one
_MODULES = {  # of each kind of entry a user may add
    "head": "attnbench.heads",
    "metric": "attnbench.measure",
    "data set": "attnbench.train.datasets",
}
_REGISTRIES: dict[str, "Registry"] = {}
_unseen: ContextVar[set[str] | None] = ContextVar("unseen", default=None)


@dataclass(frozen=True)
class Own:
    """An entry that is a user's: its kind, its name, and the reference by which it is found."""

    kind: str
    name: str
    where: str


def adopted() -> tuple[Own, ...]:
    """All that this process has been told of: what another needs to know the same names."""
    return tuple(own for registry in _REGISTRIES.values() for own in registry.own)


def adopt(own: tuple[Own, ...]) -> None:
    """Makes the names of another process known here. Raises AttnbenchError where one is not."""
    for each in own:
        registry(each.kind).adopt(each.where, each.name)


def registry(kind: str) -> "Registry":
    """That of a kind of entry: "head", "metric", "data set"."""
    import_module(_MODULES[kind])
    return _REGISTRIES[kind]


@contextmanager
def nothing_imported() -> Iterator[None]:
    """Within it a reference is a name alone, of which nothing is known: what it names is not run.

    For suites of runs that somebody else may have made.
    """
    before = _unseen.set(set())
    try:
        yield
    finally:
        _unseen.reset(before)


class _Unseen(Declaration):
    """Of code that is not looked at: it may have any option."""

    def check(self, options: dict[str, Option], where: str = "") -> dict[str, Option]:  # noqa: ARG002
        return options


class Registry(Mapping[str, Any]):
    """Names to entries, in alphabetical order, own ones last; a file with a _ first is no entry.

    `decorator` is what declares an entry, and `group` that of the entry points of packages.
    """

    def __init__(self, kind: str, package: str, folder: Path, decorator: str = ""):
        self.kind, self._package, self.folder = kind, package, folder
        self._decorator = decorator
        self._entries: dict[str, Any] = {}
        self._listed: tuple[int, dict[str, Path]] = (0, {})
        self._own: dict[str, Found] = {}
        self._installed: dict[str, str] | None = None  # by name, once somebody asked
        _REGISTRIES[kind] = self

    @property
    def group(self) -> str:
        """Of entry points: the last word of the package, "attnbench.heads"."""
        return f"attnbench.{self._package.rpartition('.')[2]}"

    @property
    def published(self) -> list[str]:
        """The names that come with attnbench."""
        return list(self._files())

    @property
    def own(self) -> tuple[Own, ...]:
        return tuple(Own(self.kind, name, f.where) for name, f in self._own.items())

    @property
    def installed(self) -> dict[str, str]:
        """References by name: what packages declare as entry points. They are not imported."""
        if self._installed is None:
            from importlib.metadata import entry_points  # noqa: PLC0415 reads all that is installed

            self._installed = {e.name: e.value for e in entry_points(group=self.group)}
        return self._installed

    def adopt(self, where: str, name: str = "") -> str:
        """Makes what the reference `where` names an entry, and gives its name.

        `name` is that by which an entry point has it. Raises OwnError or UnknownNameError for what
        is not there, AttnbenchError for a name that something else has.
        """
        from attnbench.own import found, name_of  # noqa: PLC0415 most runs have none

        if (unseen := _unseen.get()) is not None:
            name = name or name_of(where)
            unseen.add(name)
            return name
        new = found(where)
        if new.kind not in ("", self.kind):
            raise AttnbenchError(f"{where}: declared as a {new.kind}, not as a {self.kind}")
        name = name or new.name
        taken = self._own.get(name)
        if name in self._files() or (taken and not new.replaces(taken)):
            whose = f"of {taken.where}" if taken else "that comes with attnbench"
            raise AttnbenchError(f"{where}: there is a {self.kind} {name!r} {whose}; rename yours")
        self._own[name] = new
        return name

    def is_own(self, name: str) -> bool:
        """Whether an entry of that name is none of attnbench's."""
        return name not in self._files()

    def found(self, name: str) -> "Found | None":
        """The user's own code of that name; None for an entry of attnbench."""
        if name in self._files() or _unseen.get() is not None:
            return None
        if name not in self._own and name in self.installed:
            self.adopt(self.installed[name], name)
        return self._own.get(name)

    def declaration(self, name: str) -> Declaration:
        """Docstring, facts and options of an entry; without importing it, if it is ours."""
        if path := self._files().get(name):
            return declaration(path, self._decorator)
        if _unseen.get() is not None and name in self:
            return _Unseen(name, "", {})
        own = self.found(name)
        if own is None:
            raise UnknownNameError(self.kind, name, self)
        from attnbench.own_signature import declared  # noqa: PLC0415

        return declared(own)

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
        if name in self._entries and not self.is_own(name):  # asked for often, and mostly there
            return self._entries[name]
        if own := self.found(name):
            return self._made(own)
        self.path(name)
        if name not in self._entries:
            import_module(f"{self._package}.{name}")
        if name not in self._entries:
            raise TypeError(f"{self._package}.{name} declares no {self.kind}")
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        if name in self._files():  # without a look at all that is installed
            return True
        return any(name in names for names in (_unseen.get() or (), self._own, self.installed))

    def __iter__(self) -> Iterator[str]:
        return iter(self._files() | self._own | self.installed)

    def __len__(self) -> int:
        return len(list(iter(self)))

    def _made(self, own: "Found") -> Any:
        """What is called for an entry that is a user's."""
        return own.thing

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
