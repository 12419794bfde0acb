"""What machine and software this process runs on, as far as it can change a number."""

import hashlib
import os
import platform
import subprocess
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import msgspec
import pynvml
import torch

import attnbench
from attnbench.measure._numerics import flags
from attnbench.record import Environment, Gpu


def environment() -> Environment:
    """Told by the process that measures. The id is a hash of everything else."""
    gpus, driver = _gpus()
    commit, dirty = _commit()
    told = Environment(
        id="",
        attnbench=attnbench.__version__,
        python=platform.python_version(),
        torch=str(torch.__version__),
        numpy=version("numpy"),
        fvcore=version("fvcore"),
        cuda=torch.version.cuda or "",
        driver=driver,
        os=f"{platform.system()} {platform.release()} {platform.machine()}",
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)),
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        threads=torch.get_num_threads(),
        gpus=gpus,
        flags=flags(),
        commit=commit,
        dirty=dirty,
    )
    digest = hashlib.sha256(msgspec.json.encode(told, order="sorted")).hexdigest()[:12]
    return replace(told, id=digest)


def _gpus() -> tuple[tuple[Gpu, ...], str]:
    if not torch.cuda.is_available():
        return (), ""
    pynvml.nvmlInit()
    try:
        driver = str(pynvml.nvmlSystemGetDriverVersion())
        return tuple(_gpu(i) for i in range(torch.cuda.device_count())), driver
    finally:
        pynvml.nvmlShutdown()


def _gpu(index: int) -> Gpu:
    properties = torch.cuda.get_device_properties(index)
    # By PCI address, not index: CUDA_VISIBLE_DEVICES renumbers torch's devices only.
    p = properties
    bus = f"{p.pci_domain_id:08x}:{p.pci_bus_id:02x}:{p.pci_device_id:02x}.0"
    handle = pynvml.nvmlDeviceGetHandleByPciBusId(bus)
    return Gpu(
        name=properties.name,
        uuid=str(pynvml.nvmlDeviceGetUUID(handle)),
        memory_bytes=properties.total_memory,
        power_cap_watts=_or_zero(pynvml.nvmlDeviceGetEnforcedPowerLimit, handle) / 1000,
        max_sm_clock_mhz=int(
            _or_zero(pynvml.nvmlDeviceGetMaxClockInfo, handle, pynvml.NVML_CLOCK_SM)
        ),
    )


def _or_zero(ask, *args) -> float:
    try:
        return ask(*args)
    except pynvml.NVMLError_NotSupported:  # virtual cards and MIG slices do not tell
        return 0.0


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _commit() -> tuple[str, bool]:
    """Commit of the checkout that attnbench is run from, and whether its package was changed."""
    here = Path(attnbench.__file__).parent
    if not (here.parent / ".git").exists():
        return "", False

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(here), *words],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()

    return git("rev-parse", "--short=12", "HEAD"), bool(
        git("status", "--porcelain", "--", str(here))
    )
