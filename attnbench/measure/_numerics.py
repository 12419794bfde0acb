"""Switches that change what a kernel computes or which one runs: said once, never left to chance.

torch lets cuDNN round float32 convolutions to TF32 unless it is told not to; here `float32` is
IEEE single precision, and `tf32` is a type of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from attnbench.trial import Settings, Trial

_BACKENDS = {
    "flash": torch.backends.cuda.enable_flash_sdp,
    "efficient": torch.backends.cuda.enable_mem_efficient_sdp,
    "cudnn": torch.backends.cuda.enable_cudnn_sdp,
    "math": torch.backends.cuda.enable_math_sdp,
}


def apply(settings: Settings) -> None:
    """Sets this process up: threads, cuDNN's search for the fastest kernel, fused attention."""
    torch.set_num_threads(settings.threads)
    torch.backends.cudnn.benchmark = settings.cudnn_benchmark
    for name, enable in _BACKENDS.items():
        enable(settings.sdpa in ("auto", name))
    _tf32(on=False)


def flags() -> dict[str, str]:
    """The switches in force, as an environment tells them."""
    enabled = {
        "flash": torch.backends.cuda.flash_sdp_enabled(),
        "efficient": torch.backends.cuda.mem_efficient_sdp_enabled(),
        "cudnn": torch.backends.cuda.cudnn_sdp_enabled(),
        "math": torch.backends.cuda.math_sdp_enabled(),
    }
    chosen = [name for name, on in enabled.items() if on]
    return {
        "float32": "tf32" if torch.backends.cuda.matmul.allow_tf32 else "ieee",
        "cudnn_benchmark": str(torch.backends.cudnn.benchmark).lower(),
        "sdpa": "auto" if len(chosen) == len(enabled) else " ".join(chosen),
        "onednn": str(torch.backends.mkldnn.is_available()).lower(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
    }


@contextmanager
def rounding(trial: Trial) -> Iterator[None]:
    """Products and convolutions rounded as the type of the trial says, and then as before."""
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    _tf32(on=trial.dtype == "tf32")
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


def _tf32(*, on: bool) -> None:
    torch.backends.cuda.matmul.allow_tf32 = on
    torch.backends.cudnn.allow_tf32 = on
