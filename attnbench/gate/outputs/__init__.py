"""A gate as text for the programs around it, one file a format: pure functions Gate -> str."""

import os
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from attnbench.errors import StoreError
from attnbench.gate.outputs.action_benchmark import action_benchmark
from attnbench.gate.outputs.bencher import bencher
from attnbench.gate.outputs.github import github
from attnbench.gate.outputs.junit import junit
from attnbench.gate.outputs.markdown import markdown
from attnbench.gate.outputs.plain_json import plain_json
from attnbench.gate.result import Gate
from attnbench.plain_files import ANOTHER_FILE, replacing

FORMATS: dict[str, Callable[[Gate], str]] = {
    "github": github,
    "markdown": markdown,
    "junit": junit,
    "action-benchmark": action_benchmark,
    "bencher": bencher,
    "json": plain_json,
}
STDOUT = Path("-")


def write(gate: Gate, targets: Mapping[str, Path]) -> None:
    """Each format to its file, `-` being stdout: the whole file, or what was there before.

    Raises StoreError, which names the file, for one that cannot be written.
    """
    texts = {name: FORMATS[name](gate) for name in targets}  # all of them before the first file
    for name, path in targets.items():
        put(texts[name], path)


def put(text: str, path: Path) -> None:
    """As `write` does with each."""
    if path == STDOUT:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    else:
        _save(path, text.encode())


def _save(path: Path, content: bytes) -> None:
    place = Path(os.path.realpath(path))  # a link stays one, and what it leads to is replaced
    try:
        if place.exists() and not stat.S_ISREG(place.stat().st_mode):
            place.write_bytes(content)  # a pipe or /dev/stderr is written to, never replaced
            return
    except OSError as error:
        reason = error.strerror or error
        raise StoreError(f"{path}: cannot write ({reason}); {ANOTHER_FILE}") from None
    with replacing(place) as draft:
        draft.write_bytes(content)
