"""The software that measures: its versions, told without loading it, and what of it disturbs."""

import platform
from importlib.metadata import PackageNotFoundError, version

import attnbench
from attnbench.host.finding import Finding, note, stop
from attnbench.host.gpu import Driver
from attnbench.record import Environment

PACKAGES = ("torch", "numpy", "fvcore", "nvidia-ml-py")


def versions() -> dict[str, str]:
    """Of Python, attnbench and what it measures with; "" for what is not installed."""
    own = {"python": platform.python_version(), "attnbench": attnbench.__version__}
    return own | {name: _version(name) for name in PACKAGES}


def software_findings(here: Environment, driver: Driver) -> tuple[Finding, ...]:
    """What the measuring process, which told `here`, makes of this machine."""
    return tuple(filter(None, (gpu_unused(here, driver), tf32(here))))


def not_started(reason: str) -> Finding:
    return stop(
        f"the measuring process does not start: {reason.partition('; see ')[0]}",
        "nothing can be measured",
        'see why: python -c "import attnbench.run.worker"',
    )


def gpu_unused(here: Environment, driver: Driver) -> Finding | None:
    if not driver.cards or here.gpus:
        return None
    built = f"is built for CUDA {here.cuda}" if here.cuda else "is built without CUDA"
    return note(
        f"the driver tells of {driver.cards[0].name}, and torch, which {built}, sees no GPU",
        "a run on device auto is one on the CPU",
        'unset CUDA_VISIBLE_DEVICES; python -c "import torch; torch.cuda.init()"'
        if here.cuda
        else "pip install --force-reinstall torch",
    )


def tf32(here: Environment) -> Finding | None:
    if here.flags.get("float32") != "tf32":
        return None
    return note(
        "float32 products are rounded to TF32",
        "faster, and 10 bits of mantissa instead of 23: compare only with TF32 on",
        "unset TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
