"""The state of a training in a file, from which it goes on as if nothing had happened."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from attnbench.plain_files import leftovers, replacing
from attnbench.train.weights import UnreadableError, read_weights


@dataclass(frozen=True)
class Checkpoint:
    """A file, and what the training is of that may go on from it: anything else begins anew.

    A file of another training, or one that cannot be read, is as none.
    """

    path: Path
    identity: str

    def save(self, state: dict[str, Any]) -> None:
        """Whole or not at all: the file before it stays until this one is on the disk."""
        with replacing(self.path, "make room there", sync=True) as draft:
            torch.save(state | {"identity": self.identity}, draft)

    def load(self) -> dict[str, Any] | None:
        try:
            state = read_weights(self.path)
        except UnreadableError:
            return None
        known = isinstance(state, dict) and state.get("identity") == self.identity
        return state if known else None

    def remove(self) -> None:
        """The file, and its folder if that is empty then."""
        for path in (self.path, *leftovers(self.path)):
            path.unlink(missing_ok=True)
        if self.path.parent.is_dir() and not any(self.path.parent.iterdir()):
            self.path.parent.rmdir()
