"""The accuracy experiment: data sets, a network around a head, its training, its score."""

import hashlib
from pathlib import Path


def source() -> str:
    """Hash of the code of this folder: a training is gone on with by the code that began it."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"\0".join(f.read_bytes() for f in files)).hexdigest()[:12]
