"""A file of tensors, read without running anything that stands in it."""

from pathlib import Path
from typing import Any

import torch


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
