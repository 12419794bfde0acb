"""The state of a training in a file, from which it goes on as if nothing had happened."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

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
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._draft.open("wb") as stream:
            torch.save(state | {"identity": self.identity}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        self._draft.replace(self.path)

    def load(self) -> dict[str, Any] | None:
        try:
            state = read_weights(self.path)
        except UnreadableError:
            return None
        known = isinstance(state, dict) and state.get("identity") == self.identity
        return state if known else None

    @property
    def _draft(self) -> Path:
        return self.path.with_suffix(".part")

    def remove(self) -> None:
        """The file, and its folder if that is empty then."""
        for path in (self.path, self._draft):
            path.unlink(missing_ok=True)
        if self.path.parent.is_dir() and not any(self.path.parent.iterdir()):
            self.path.parent.rmdir()
