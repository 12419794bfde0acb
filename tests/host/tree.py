"""A made-up /proc and /sys."""

from pathlib import Path


def grow(root: Path, files: dict[str, str]) -> Path:
    """Writes the files, given by their path below root, and returns root."""
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content + "\n", encoding="utf-8")
    return root
