"""The code that a record is of, as a hash: a record is not reused once that code has changed."""

import hashlib
from pathlib import Path

from attnbench import heads
from attnbench.trial import NETWORKS, Part, Task

_PACKAGE = Path(__file__).parent


def source(head: str, part: Part, *, trained: bool = False) -> str:
    """That of the head; for a whole network also of networks/, where it is trained of train/."""
    folders = [*(["networks"] if part in NETWORKS else []), *(["train"] if trained else [])]
    own = heads.source(head)
    if not folders:
        return own
    files = [path for folder in folders for path in sorted((_PACKAGE / folder).rglob("*.py"))]
    text = b"\0".join([own.encode(), *(f.read_bytes() for f in files)])
    return hashlib.sha256(text).hexdigest()[:12]


def source_of(task: Task) -> str:
    """That of a task, which trains where it has a recipe."""
    return source(task.trial.head, task.trial.part, trained=task.training is not None)
