"""The processor as it is set up: what stays the same from one minute to the next."""

import os
import platform
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from attnbench.host.cgroup import memory_limit_bytes, quota_cores
from attnbench.host.kernel_files import fields, first, members, number, text

ROOT = Path("/")


@dataclass(frozen=True)
class Cpu:
    """One machine's processors, and what this process may have of them. None: not told."""

    name: str
    cores: int  # that this process may run on
    online: int
    nodes: tuple[int, ...]  # of memory, that those cores belong to
    governors: tuple[str, ...]  # of those cores; of the frequency
    turbo: bool | None
    turbo_switch: str  # the file that turns it on and off
    smt: bool | None  # two logical cores share one
    virtual: bool | None
    on_battery: bool | None
    quota_cores: float | None
    memory_bytes: int | None  # of the machine, or of the control group if that is less


def cpu(root: Path = ROOT, allowed: Collection[int] | None = None) -> Cpu:
    """The processors as told below `root`; `allowed` are the cores to look at."""
    cores = sorted(os.sched_getaffinity(0) if allowed is None else allowed)
    system = root / "sys/devices/system"
    told, name = _cpuinfo(root)
    turbo, switch = _turbo(root)
    smt = number(system / "cpu/smt/active")
    governors = (text(system / f"cpu/cpu{c}/cpufreq/scaling_governor") for c in cores)
    return Cpu(
        name=name,
        cores=len(cores),
        online=len(members(system / "cpu/online")) or len(cores),
        nodes=_nodes(system / "node", cores),
        governors=tuple(sorted(set(filter(None, governors)))),
        turbo=turbo,
        turbo_switch=switch,
        smt=None if smt is None else bool(smt),
        virtual="hypervisor" in told if told else None,
        on_battery=_on_battery(root / "sys/class/power_supply"),
        quota_cores=quota_cores(root),
        memory_bytes=_memory(root),
    )


def _cpuinfo(root: Path) -> tuple[list[str], str]:
    """The flags of the first core, and the name of its model."""
    told: dict[str, str] = {}
    for line in text(root / "proc/cpuinfo").splitlines():
        name, _, value = line.partition(":")
        told.setdefault(name.strip(), value.strip())
    return told.get("flags", "").split(), told.get("model name") or platform.processor()


def _turbo(root: Path) -> tuple[bool | None, str]:
    """Whether cores may go above their base clock, and the file to change it."""
    folder = root / "sys/devices/system/cpu"
    found = first((folder / "intel_pstate/no_turbo", folder / "cpufreq/boost"))
    if found is None:
        return None, ""
    is_set = text(found) == "1"
    return is_set != (found.name == "no_turbo"), f"/{found.relative_to(root)}"


def _nodes(folder: Path, cores: list[int]) -> tuple[int, ...]:
    lists = {p.parent.name: members(p) for p in folder.glob("node[0-9]*/cpulist")}
    return tuple(sorted(int(n[4:]) for n, ours in lists.items() if set(ours) & set(cores)))


def _on_battery(folder: Path) -> bool | None:
    """None where there is no mains supply that could be unplugged: most servers."""
    mains = [p.parent for p in folder.glob("*/type") if text(p) == "Mains"]
    return all(number(p / "online") == 0 for p in mains) if mains else None


def _memory(root: Path) -> int | None:
    total = fields(root / "proc/meminfo").get("MemTotal")
    known = (None if total is None else total * 1024, memory_limit_bytes(root))
    return min((k for k in known if k is not None), default=None)
