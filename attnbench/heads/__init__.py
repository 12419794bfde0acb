"""Attention heads: one a file, (N, C, H, W) -> (N, C, H, W), equal to the official code.

A file holds, top to bottom, the docstring with source and departures, the module under
`@head(...)`, and its `cost` in closed form. To add a head, add a file: it is then listed,
tested by the contract tests, and usable in every suite.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar

from attnbench.declaration import Declaration, declaration
from attnbench.registry import Registry

Family = Literal[
    "convolution", "pairwise", "compact", "factorised", "global", "multi-scale", "channel"
]

T = TypeVar("T", bound=type)

HEADS = Registry("head", __name__, Path(__file__).parent)


def head(
    *, family: Family, year: int, paper: str, complexity: str, maps: tuple[str, ...] = ()
) -> Callable[[T], T]:
    """Declares the class below it as the head of this file.

    `complexity` is the growth of MACs in the field's symbols ("N²·C"). `maps` names the
    `nn.Identity` submodules through which an affinity passes, so that a forward hook can take it.
    All values are literals: they are read from the file's text by `describe`.
    """

    def declare(cls: T) -> T:
        HEADS.add(cls.__module__, cls)
        return cls

    return declare


def describe(name: str) -> Declaration:
    """Docstring, family, options and defaults of a head, without importing torch."""
    return declaration(HEADS.path(name), "head")


def kernels(name: str) -> tuple[str, ...]:
    """The kernels that a head supports: those its `kernel` option names, else eager alone."""
    option = describe(name).options.get("kernel")
    return tuple(map(str, option.choices)) if option else ("eager",)


def source(name: str) -> str:
    """Hash of a head's file and of what heads share: a record of other code is not this head's."""
    path = HEADS.path(name)
    files = [path, *sorted(path.parent.glob("_*.py"))]
    return hashlib.sha256(b"\0".join(f.read_bytes() for f in files)).hexdigest()[:12]
