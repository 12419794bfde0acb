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
from attnbench.host.cpu import cpu
from attnbench.host.gpu import switch, told
from attnbench.measure._numerics import flags
from attnbench.record import Environment, Gpu

_SWITCH = {None: "", True: "on", False: "off"}


def environment() -> Environment:
    """Told by the process that measures. The id is a hash of everything else."""
    gpus, driver = _gpus()
    commit, dirty = _commit()
    processors = cpu()
    here = Environment(
        id="",
        attnbench=attnbench.__version__,
        python=platform.python_version(),
        torch=str(torch.__version__),
        numpy=version("numpy"),
        fvcore=version("fvcore"),
        cuda=torch.version.cuda or "",
        driver=driver,
        os=f"{platform.system()} {platform.release()} {platform.machine()}",
        cpu=processors.name,
        cores=processors.cores,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        threads=torch.get_num_threads(),
        gpus=gpus,
        flags=flags(),
        governor=", ".join(processors.governors),
        turbo=_SWITCH[processors.turbo],
        quota_cores=processors.quota_cores or 0.0,
        commit=commit,
        dirty=dirty,
    )
    digest = hashlib.sha256(msgspec.json.encode(here, order="sorted")).hexdigest()[:12]
    return replace(here, id=digest)


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
    max_clock = told(pynvml, "nvmlDeviceGetMaxClockInfo", handle, pynvml.NVML_CLOCK_SM)
    return Gpu(
        name=properties.name,
        uuid=str(pynvml.nvmlDeviceGetUUID(handle)),
        memory_bytes=properties.total_memory,
        # Virtual cards and MIG slices do not tell all of these.
        power_cap_watts=(told(pynvml, "nvmlDeviceGetEnforcedPowerLimit", handle) or 0) / 1000,
        max_sm_clock_mhz=max_clock or 0,
        ecc=_SWITCH[switch(pynvml, "nvmlDeviceGetEccMode", handle)[0]],
        mig=_SWITCH[switch(pynvml, "nvmlDeviceGetMigMode", handle)[0]],
    )


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
