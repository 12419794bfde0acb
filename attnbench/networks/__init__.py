"""Networks around a head: the residual backbone of the field, dilated or with blocks within."""

import hashlib
from pathlib import Path

from attnbench import heads
from attnbench.trial import NETWORKS, Part


def source(head: str, part: Part) -> str:
    """Hash of the code of a part: that of its head, and for a network of this folder as well."""
    own = heads.source(head)
    if part not in NETWORKS:
        return own
    files = sorted(Path(__file__).parent.glob("*.py"))
    text = b"\0".join([own.encode(), *(f.read_bytes() for f in files)])
    return hashlib.sha256(text).hexdigest()[:12]
