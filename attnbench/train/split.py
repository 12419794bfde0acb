"""A split of a data set: samples by place, each read when it is asked for."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from attnbench.errors import DataError
from attnbench.train.datasets import VOID


@dataclass(frozen=True)
class Sample:
    """A picture and its classes, of the same height and width."""

    image: np.ndarray  # uint8, H x W x 3
    label: np.ndarray  # uint8, H x W; 255 = void
    name: str


@dataclass(frozen=True)
class Split(Sequence[Sample]):
    """Samples in the order of `names`, which is the same on every machine. Reading is not cached.

    `read` gives the sample of a name. It can be sent to another process, and so can the split.
    """

    dataset: str
    split: str
    classes: tuple[str, ...]
    names: tuple[str, ...]
    read: Callable[[str], Sample]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, place: int) -> Sample:
        """Raises DataError for a sample that is broken."""
        return self.read(self.names[place])

    def draw(self, count: int, seed: int) -> "Split":
        """`count` of the samples, in the order that they have here.

        They are those whose SHA-256 of "SEED/NAME" is smallest: the same names on every machine and
        with every version of a library, and a smaller subset is a part of a larger one.
        Raises DataError for a count that is not from 1 to the length.
        """
        if isinstance(count, bool) or not 1 <= count <= len(self):
            raise DataError(
                f"{self.dataset}: subset = {count}: the {self.split} split has {len(self)} images"
            )
        drawn = set(sorted(self.names, key=lambda name: _draw(seed, name))[:count])
        return replace(self, names=tuple(n for n in self.names if n in drawn))

    def require_labels(self) -> None:
        """Raises DataError where no pixel of any mask has a class. Stops reading at the first."""
        if not any((sample.label != VOID).any() for sample in self):
            raise DataError(
                f"{self.dataset}: no pixel of the {self.split} split has a class, all are void; "
                "are these the right masks?"
            )


def _draw(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed}/{name}".encode()).digest()
