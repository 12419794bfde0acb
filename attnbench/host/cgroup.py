"""What the control groups of this process leave it of the processor and the memory.

Source: Linux, Documentation/admin-guide/cgroup-v2.rst, and cgroup-v1/memory.rst. A limit holds for
all groups below it, so the tightest on the way from our own group up to the mount is the one.
"""

from collections.abc import Iterator
from pathlib import Path

from attnbench.host.kernel_files import fields, number, text

NO_LIMIT = 1 << 60  # version 1 writes "none" as the largest page-aligned number


def quota_cores(root: Path) -> float | None:
    """Cores' worth of time that may be used in a period; None without a limit."""
    return min(filter(None, map(_quota, _groups(root, "cpu"))), default=None)


def memory_limit_bytes(root: Path) -> int | None:
    limits = (_memory_limit(group) for group in _groups(root, "memory"))
    return min((limit for limit in limits if limit is not None), default=None)


def memory_left_bytes(root: Path) -> int | None:
    """Bytes to the nearest limit. Cached files do not count: the kernel drops them on demand."""
    left = []
    for group in _groups(root, "memory"):
        used = number(group / "memory.current") or number(group / "memory.usage_in_bytes")
        if (limit := _memory_limit(group)) is not None and used is not None:
            stat = fields(group / "memory.stat")
            left.append(
                limit - used + stat.get("total_inactive_file", stat.get("inactive_file", 0))
            )
    return max(min(left), 0) if left else None


def _quota(group: Path) -> float | None:
    words = text(group / "cpu.max").split()
    if len(words) == 2:
        return None if words[0] == "max" else int(words[0]) / int(words[1])
    quota, period = number(group / "cpu.cfs_quota_us"), number(group / "cpu.cfs_period_us")
    return quota / period if quota and period and quota > 0 else None


def _memory_limit(group: Path) -> int | None:
    limit = number(group / "memory.max") or number(group / "memory.limit_in_bytes")
    return limit if limit is not None and limit < NO_LIMIT else None


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Folders of our group and of those above it, in every hierarchy with this controller.

    In a container the path is often that of the host and not visible; the mount itself is then
    our group.
    """
    top = root / "sys/fs/cgroup"
    for line in text(root / "proc/self/cgroup").splitlines():
        _, names, path = line.split(":", 2)
        if names and controller not in names.split(","):
            continue
        mounts = (top / names, top / controller) if names else (top, top / "unified")
        parts = [p for p in Path(path).parts if p not in ("/", "..")]
        for mount in mounts:
            folders = (mount.joinpath(*parts[:n]) for n in range(len(parts), -1, -1))
            yield from (folder for folder in folders if folder.is_dir())
