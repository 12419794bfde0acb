"""A file of tensors, read without running anything that stands in it."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from attnbench.errors import HeadError

MOST_NAMED = 6  # of names that do not fit; a state dict of another network has hundreds


class UnreadableError(Exception):
    """No file, or none that holds tensors and plain values alone; the message says which."""


def read_weights(path: Path) -> Any:
    """What torch stored, on the CPU. Raises UnreadableError."""
    try:
        return torch.load(path, weights_only=True, map_location="cpu")
    except OSError as error:
        raise UnreadableError(f"cannot read the weights ({error.strerror})") from None
    except Exception:  # noqa: BLE001 of a broken file each format raises errors of its own
        raise UnreadableError("no checkpoint that torch can read as weights alone") from None


def is_state_dict(found: Any) -> bool:
    """Whether it is names to tensors, alone."""
    return isinstance(found, Mapping) and all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in found.items()
    )


def fill(module: nn.Module, state: Mapping[str, Tensor], where: str) -> None:
    """Gives a module the tensors of a state dict; on the meta device they become its own.

    Raises HeadError, which begins with `where`, for names that are missing or unknown, and for a
    tensor of another shape. The count of batches may be missing: no output depends on it.
    """
    ours = module.state_dict()
    unknown = [name for name in state if name not in ours]
    missing = [n for n in ours if n not in state and not n.endswith("num_batches_tracked")]
    if unknown or missing:
        told = f"unknown {named(unknown)}; missing {named(missing)}"
        raise HeadError(f"{where}: of another network: {told}")
    for name, value in state.items():
        want, got = tuple(ours[name].shape), tuple(value.shape)
        if want != got:
            told = f"{name} has shape {got}, expected {want}"
            raise HeadError(f"{where}: of another network: {told}")
    is_empty = any(value.is_meta for value in ours.values())
    module.load_state_dict(state, strict=False, assign=is_empty)  # its names are checked


def named(names: Collection[str]) -> str:
    """The first of them, and how many there are more; "none"."""
    first, left = sorted(names)[:MOST_NAMED], max(len(names) - MOST_NAMED, 0)
    return ", ".join(first + ([f"{left} more"] if left else [])) or "none"
