"""How it is known that memory ran out: by what was said, or by what the kernel counted."""

import re
from pathlib import Path

WORDS = ("can't allocate memory", "not enough memory", "bad_alloc", "out of memory")
HOST = "the host ran out of memory and its kernel killed the worker"
ROOT = Path("/")
_COUNT = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)


def says_so(text: str) -> bool:
    return any(words in text for words in WORDS)


def kernel_kills(root: Path = ROOT) -> int:
    """Processes that the kernel has killed for want of memory: of our control group, or of all.

    Of all only where the group counts none, as outside of any. A child is counted where we are.
    """
    counters = [root / "proc/vmstat"]
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, kind, group = line.split(":", 2)
        place = root / "sys/fs/cgroup"
        if kind == "memory":  # version 1
            counters.insert(0, place / "memory" / group.strip("/") / "memory.oom_control")
        elif not kind:  # version 2, which may stand beside version 1
            counters.insert(-1, place / group.strip("/") / "memory.events")
    counts = [_COUNT.search(_text(c)) for c in counters]
    return next((int(c[1]) for c in counts if c), 0)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
