"""Attention heads: one a file, (N, C, H, W) -> (N, C, H, W), equal to the official code.

A file holds, top to bottom, the docstring with source and departures, the module under
`@head(...)`, and its `cost` in closed form. To add a head, add a file: it is then listed,
tested by the contract tests, and usable in every suite.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from attnbench.declaration import Declaration
from attnbench.registry import Registry
from attnbench.trial import Option

if TYPE_CHECKING:
    from torch import Tensor, nn

    from attnbench.own import Found

Family = Literal[
    "convolution", "pairwise", "compact", "factorised", "global", "multi-scale", "channel"
]

# Of a head of a user that says nothing else of itself.
OWN = {"family": "own", "complexity": "", "params": 0, "maps": (), "wiring": "plain"} | {
    "year": "",
    "paper": "",
}

T = TypeVar("T", bound=type)
_SOURCE = re.compile(r"Source: .+?\. (?P<title>.+?),(?: [^,]*?)? ?(?P<year>(?:19|20)\d\d)\b")


class _Heads(Registry):
    def _made(self, own: "Found") -> "Callable[..., nn.Module]":
        from attnbench.own_signature import builder  # noqa: PLC0415

        return builder(own)


HEADS = _Heads("head", __name__, Path(__file__).parent, "head")


def head(
    *,
    family: Family,
    complexity: str,
    params: int,
    maps: tuple[str, ...] = (),
    wiring: str = "plain",
) -> Callable[[T], T]:
    """Declares the class below it as the head of this file.

    `complexity` is the growth of MACs in the field's symbols ("N²·C"). `params` are the parameters
    at 512 channels, as trained. `maps` names the `nn.Identity` submodules through which an affinity
    passes, so that a forward hook can take it.
    `wiring` is how the official network uses the block: a name in `_whole.WIRINGS`, or "own" where
    the class builds the network itself, by `whole(channels, **options)`.
    All values are literals: they are read from the file's text by `describe`, as are year and
    title of the paper, from the docstring's "Source: authors. Title, venue year".
    """

    def declare(cls: T) -> T:
        HEADS.add(cls.__module__, cls)
        return cls

    return declare


def describe(name: str) -> Declaration:
    """Docstring, family, paper, options and defaults of a head; without importing torch, if it is
    one of ours.

    Raises TypeError for a docstring of ours without a source.
    """
    told = HEADS.declaration(name)
    if HEADS.is_own(name):
        return replace(told, keywords=OWN | told.keywords)
    source = _SOURCE.search(" ".join(told.doc.split()))
    if source is None:
        raise TypeError(
            f"{HEADS.path(name)}: no 'Source: authors. Title, venue year' in its docstring"
        )
    paper = {"year": int(source["year"]), "paper": source["title"]}
    return replace(told, keywords=told.keywords | paper)


def kernels(name: str) -> tuple[str, ...]:
    """The kernels of a head: those its `kernel` option names, else eager, and eager compiled."""
    option = describe(name).options.get("kernel")
    return *(map(str, option.choices) if option else ("eager",)), "compiled"


def source(name: str) -> str:
    """Hash of a head's file, of heads it is made of and of what all share: whose a record is.

    Of a user's head: of its file, and of those beside it that it imports.
    """
    if own := HEADS.found(name):
        return own.source
    path = HEADS.path(name)
    parts = re.findall(r"^from attnbench\.heads\.([a-z]\w*) import", path.read_text(), re.MULTILINE)
    files = [path, *(HEADS.path(part) for part in parts), *sorted(path.parent.glob("_*.py"))]
    return hashlib.sha256(b"\0".join(f.read_bytes() for f in files)).hexdigest()[:12]


def load_official(name: str, state_dict: "Mapping[str, Tensor]", **options: Option) -> "nn.Module":
    """The head of an official module with its weights: (N, C, H, W) -> (N, C, H, W).

    `name` is that of the module ("ema_official"), or of a head that has one official module alone,
    which is then meant ("gc": "gc_official"). The state dict is the module's own, under the names
    of the official code without a prefix. C and widths are read from its shapes; `options` are
    those of the head that no shape tells, and `channels` where no tensor has any. The head has the
    type of the weights and is in training mode; what the module lacks (the classifier of "ocr")
    starts as in a new head.

        weights = torch.load("emanet.pth", weights_only=True)
        emau = {k.removeprefix("emau."): v for k, v in weights.items() if k.startswith("emau.")}
        head = load_official("ema_official", emau).eval()

    Raises UnknownNameError for an unknown module or option; HeadError for a head with several
    modules or none, for names that are missing or unknown, for a tensor of another shape (it says
    which and what was expected), and for channels that nothing tells.
    """
    from attnbench.heads._loading import load  # noqa: PLC0415 it imports torch, listing must not

    return load(name, state_dict, options)
