"""What a user's own code is called, and how it is found: "my_head.py:MyHead" is a class of a file.

    file.py:Name            of a file, from the folder in which attnbench was started
    package.module:Name     of a module that Python finds there or among what is installed
    name                    of an installed package that declares it as an entry point
    FILE.pickle             of a notebook, which has no file: `reference` writes it

Naming a thing imports its file, in this process and in those that measure it; nothing else of
attnbench runs code that is not its own.
"""

import atexit
import hashlib
import importlib
import inspect
import os
import re
import shutil
import sys
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from attnbench.errors import AttnbenchError, UnknownNameError
from attnbench.printable import one_line

PICKLE = ".pickle"
# Of a class or function with a decorator of `declaring`: which, and with what keywords.
KIND, FACTS = "__attnbench_kind__", "__attnbench_facts__"
BUILD = "build"  # a function of that name is called after its file
_REFERENCE = re.compile(r"(?P<place>[^:]+\.py|[A-Za-z_][\w.]*):(?P<name>[A-Za-z_]\w*)")


class OwnError(AttnbenchError):
    """Code of a user that is not there, or cannot be imported or called."""


@dataclass(frozen=True)
class Found:
    """A class or function of a user, `name` as tables call it, and its files."""

    name: str
    where: str
    thing: Any
    files: tuple[Path, ...]

    @property
    def kind(self) -> str:
        """What its decorator says: "head", "metric" or "data set"; else nothing."""
        return getattr(self.thing, KIND, "")

    @property
    def facts(self) -> dict[str, Any]:
        return dict(getattr(self.thing, FACTS, {}))

    @property
    def imported_from(self) -> Path:
        """The folder from which Python imports it: of a file its own."""
        place, first = self.where.rpartition(":")[0], self.files[0]
        if place.endswith(".py") or not place:
            return first.parent
        return first.parents[place.count(".") + (first.name == "__init__.py")]

    def replaces(self, other: "Found") -> bool:
        """Whether it is the same as it is now: of a notebook, where a cell was run again, too."""
        return self.where == other.where or {self.where[-7:], other.where[-7:]} == {PICKLE}

    @property
    def source(self) -> str:
        """Hash of its files: a record is of other code once that is another."""
        parts = sorted(f.read_bytes() for f in self.files)
        return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def is_reference(text: str) -> bool:
    return bool(_REFERENCE.fullmatch(text)) or text.endswith(PICKLE)


def absolute(text: str) -> str:
    """A reference, options behind it included, that holds from any folder."""
    file, end, rest = text.partition(".py:" if ".py:" in text else PICKLE)
    is_path = end and (file + end).rstrip(":").endswith((".py", PICKLE))
    return f"{Path(file).absolute()}{end}{rest}" if is_path else text


def found(where: str) -> Found:
    """What a reference names. Raises OwnError or UnknownNameError, in one line."""
    if where.endswith(PICKLE):
        thing = _unpickled(Path(where))
        return Found(thing.__name__, where, thing, (Path(where),))
    parts = _REFERENCE.fullmatch(where)
    if parts is None:
        raise OwnError(f"{where!r}: write file.py:Name or package.module:Name")
    place, name = parts["place"], parts["name"]
    if is_file := place.endswith(".py"):
        path = Path(place)
        if path.is_relative_to(Path.cwd()):  # each side of a gate then finds its own
            path = path.relative_to(Path.cwd())
        where = f"{path}:{name}"
    module = _file(path) if is_file else _module(place)
    thing = getattr(module, name, None)
    if not callable(thing):
        known = [n for n, v in vars(module).items() if callable(v) and n[0] != "_"]
        raise UnknownNameError("class or function", name, known, where)
    return Found(name_of(where), where, thing, tuple(_files(Path(str(module.__file__)))))


def name_of(where: str) -> str:
    """What tables call the thing that a reference names."""
    place, _, name = where.rpartition(":")
    stem = Path(place).stem if place.endswith(".py") else place.rpartition(".")[2]
    return stem if name == BUILD else name


def reference(thing: Any) -> str:
    """How another process finds a class or function of this one.

    One of a notebook or of the script that runs is written to a file, which lasts as long as this
    process. Raises OwnError for what is neither, or cannot be written.
    """
    if isinstance(thing, str):
        return thing
    if not (inspect.isclass(thing) or inspect.isfunction(thing)):
        raise OwnError(f"{one_line(repr(thing))}: expected a class, a function, or text as typed")
    module = sys.modules.get(thing.__module__)
    file, name = getattr(module, "__file__", None), thing.__qualname__
    if thing.__module__ != "__main__" and file and getattr(module, name, None) is thing:
        return f"{file}:{name}"
    return _pickled(thing)


def _file(path: Path) -> ModuleType:
    if not path.is_file():
        raise OwnError(f"{path}: no such file in {Path.cwd()}; name it from here, or by its path")
    full = path.resolve()
    return _imported(full, full.stat().st_mtime_ns)


@cache
def _imported(full: Path, _changed: int) -> ModuleType:
    """The module of a file as it is now; what stands beside it can be imported too."""
    name = f"{full.stem}_{hashlib.sha256(str(full).encode()).hexdigest()[:8]}"
    for module in list(sys.modules.values()):
        told = getattr(module, "__file__", None)
        if told and Path(told) == full and module.__name__ not in ("__main__", name):
            return module
    if str(full.parent) not in sys.path:
        sys.path.insert(0, str(full.parent))
    loader = SourceFileLoader(name, str(full))
    module = ModuleType(name)
    module.__file__, module.__loader__ = str(full), loader
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException as error:  # noqa: BLE001 an import may do anything
        del sys.modules[name]
        raise _unimportable(str(full), error) from None
    return module


@cache
def _module(name: str) -> ModuleType:
    if "" not in sys.path and os.getcwd() not in sys.path:  # noqa: PTH109 as Python spells it there
        sys.path.insert(0, os.getcwd())  # noqa: PTH109
    importlib.invalidate_caches()  # the file may be a moment old
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name + ".").startswith(error.name + "."):
            told = f"no module {name!r} here, nor installed; a file is file.py:Name"
            raise OwnError(told) from None
        raise _unimportable(name, error) from None
    except BaseException as error:  # noqa: BLE001 an import may do anything
        raise _unimportable(name, error) from None
    if getattr(module, "__file__", None) is None:
        raise OwnError(f"{name}: a folder without code; name the module that defines it")
    return module


def _unimportable(where: str, error: BaseException) -> BaseException:
    """One line with the place; Ctrl-C stays what it is."""
    if isinstance(error, KeyboardInterrupt):
        return error
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    frames = [f for f in frames if "importlib" not in f.filename]
    line = error.lineno if isinstance(error, SyntaxError) else frames[-1].lineno if frames else 0
    told = one_line(f"{type(error).__name__}: {error}")
    return OwnError(f"{where}: importing it failed at line {line}: {told}")


def _files(path: Path) -> Iterator[Path]:
    """A file and, over and over, the modules beside it that it imports."""
    folder, todo, seen = path.parent, [path], set()
    while todo:
        file = todo.pop()
        if file in seen:
            continue
        seen.add(file)
        yield file
        text = file.read_text(encoding="utf-8")
        names = re.findall(r"^\s*(?:from|import)\s+\.*([A-Za-z_]\w*)", text, re.MULTILINE)
        todo += [beside for name in names if (beside := folder / f"{name}.py").is_file()]


def _pickled(thing: Any) -> str:
    import cloudpickle  # noqa: PLC0415 for what has no file alone

    try:
        content = cloudpickle.dumps(thing)
    except Exception as error:  # noqa: BLE001 what it holds may refuse in any way
        told = one_line(f"{type(error).__name__}: {error}")
        raise OwnError(f"{thing.__qualname__}: another process cannot have it: {told}") from None
    path = Path(_folder()) / f"{hashlib.sha256(content).hexdigest()[:16]}{PICKLE}"
    path.write_bytes(content)
    return str(path)


@cache
def _folder() -> str:
    made = tempfile.mkdtemp(prefix="attnbench-own-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


@cache
def _unpickled(path: Path) -> Any:
    import cloudpickle  # noqa: PLC0415

    try:
        return cloudpickle.loads(path.read_bytes())
    except FileNotFoundError:
        raise OwnError(f"{path}: gone with the notebook that it was of; run it there") from None
    except Exception as error:  # noqa: BLE001
        raise _unimportable(str(path), error) from None
