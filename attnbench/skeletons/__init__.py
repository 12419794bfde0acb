"""Files to begin with, for a user's own head, metric, suite or data set: each runs as it is."""

import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

from attnbench.errors import AttnbenchError

_FOLDER = Path(__file__).parent
_NEXT = {
    "head": (
        "attnbench show {name}.py:{Name}",
        "attnbench run --suite smoke --only ema --head {name}.py:{Name}",
        "pytest test_{name}.py",
    ),
    "metric": (
        "attnbench run --suite smoke --metric {name}.py:{name} --only ema,gc",
        "pytest test_{name}.py",
    ),
    "suite": ("attnbench show {name}.toml", "attnbench run --suite {name}.toml"),
    "dataset": (
        "attnbench show {name}.py:{Name}",
        "attnbench run --suite accuracy-real --only fcn,ema --set dataset={name}.py:{Name}",
        "pytest test_{name}.py",
    ),
}
KINDS = tuple(_NEXT)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SUITE_NAME = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True)
class Begun:
    """The files that were written, and commands to type next."""

    files: tuple[Path, ...]
    commands: tuple[str, ...]


def begin(kind: str, name: str, folder: Path) -> Begun:
    """Writes the files of a `kind` into `folder`. Raises AttnbenchError; then none is written."""
    words = _SUITE_NAME if kind == "suite" else _NAME
    if not words.fullmatch(name):
        raise AttnbenchError(
            f"{name!r}: write small letters, digits and _, a letter first, as in my_{kind}"
        )
    names = {"name": name, "Name": "".join(w.capitalize() for w in re.split("[_-]", name))}
    ends = ".toml" if kind == "suite" else ".py"
    texts = {
        folder / f"{prefix}{name}{ends}": Template(skeleton.read_text("utf-8")).substitute(names)
        for prefix in ("", "test_")
        if (skeleton := _FOLDER / f"{prefix}{kind}.txt").is_file()
    }
    if there := next((path for path in texts if path.exists()), None):
        raise AttnbenchError(f"{there}: is there already; choose another name, or move it away")
    try:
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AttnbenchError(f"{path}: cannot write ({error.strerror})") from None
    return Begun(tuple(texts), tuple(command.format(**names) for command in _NEXT[kind]))
