"""A comparison in a process of its own: asked by JSON on stdin, it answers into a file."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.peers import ROOT

# One thread, and no library that looks for more; what peers print is no answer.
VARIABLES = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


class ChildError(Exception):
    """The child gave no answer; the text says how it ended."""


def ask(module: str, request: Any, answer: type, seconds: float) -> Any:
    """What `python -m module` answers. Raises ChildError when it does not within `seconds`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer"
        command = [sys.executable, "-W", "ignore", "-m", module, str(path)]
        try:
            done = subprocess.run(
                command,
                input=msgspec.json.encode(request),
                capture_output=True,
                timeout=seconds,
                cwd=ROOT,
                env=os.environ | VARIABLES,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ChildError(f"no answer within {seconds:g} s") from None
        if not path.exists():
            raise ChildError(_last_line(done.stderr) or f"exit code {done.returncode}")
        return msgspec.json.decode(path.read_bytes(), type=answer)


def answer(request: type, do: Callable[[Any], Any]) -> None:
    """The child's side: the whole `__main__` of a module that is asked."""
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=request)
    found = msgspec.json.encode(do(asked))
    Path(sys.argv[1]).write_bytes(found)


def reason(error: BaseException) -> str:
    """One line of an exception, without the paths of this machine."""
    first = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {first}".rstrip(": ").replace(str(Path.home()), "~")[:200]


def _last_line(text: bytes) -> str:
    lines = [line for line in text.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip()[:200] if lines else ""
