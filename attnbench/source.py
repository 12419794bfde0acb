"""The code that a record is of, as a hash: a record is not reused once that code has changed."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from attnbench import heads
from attnbench.kinds import NETWORKS, Part
from attnbench.trial import Task

_PACKAGE = Path(__file__).parent
_OF_NETWORKS = ("networks/*.py",)
_OF_TRAININGS = ("train/**/*.py", "measure/accuracy.py", "measure/_trained/*.py")


def source(head: str, part: Part, *, trained: bool = False) -> str:
    """That of the head; of a whole network also of the rest of it, of a training of how it goes."""
    patterns = (*(_OF_NETWORKS if part in NETWORKS else ()), *(_OF_TRAININGS if trained else ()))
    own = heads.source(head)
    if not patterns:
        return own
    files = [path for pattern in patterns for path in sorted(_PACKAGE.glob(pattern))]
    text = b"\0".join([own.encode(), *(f.read_bytes() for f in files)])
    return hashlib.sha256(text).hexdigest()[:12]


def source_of(task: Task, hashed: Callable[..., str] = source) -> str:
    """That of a task, which trains where it has a recipe; `hashed` may remember what it said."""
    return hashed(task.trial.head, task.trial.part, trained=task.training is not None)
