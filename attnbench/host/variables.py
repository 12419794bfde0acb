"""Environment variables that change what is measured, for they reach the measuring process."""

from collections.abc import Mapping

from attnbench.host.finding import Finding, note, stop

_STOPS_GPU = {
    "CUDA_LAUNCH_BLOCKING": "every kernel is waited for: times are those of the launches",
    "PYTORCH_NO_CUDA_MEMORY_CACHING": "every tensor is a cudaMalloc, which waits for the device",
}
_ON_GPU = {
    "NVIDIA_TF32_OVERRIDE": "whether products are rounded to TF32 is decided outside torch",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "float32 products are rounded to TF32, which is faster",
}
_ANYWHERE = {
    "ATEN_CPU_CAPABILITY": "torch's own CPU kernels are held to an instruction set",
    "ONEDNN_MAX_CPU_ISA": "convolutions and products are held to an instruction set",
    "OMP_THREAD_LIMIT": "fewer threads may run than the record says",
    "LD_PRELOAD": "another allocator or thread library may stand in: compare only with it",
}
_WHY = _STOPS_GPU | _ON_GPU | _ANYWHERE
_OFF = ("0", "false")  # torch reads these as not set; NVIDIA_TF32_OVERRIDE=0 is an order, though


def variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Those that are set, of the ones that matter."""
    return {name: environ[name] for name in _WHY if environ.get(name)}


def variable_findings(told: Mapping[str, str], *, on_gpu: bool) -> tuple[Finding, ...]:
    """What they do to a measurement on the CPU, or also on a GPU."""
    matter = _WHY if on_gpu else _ANYWHERE
    return tuple(
        (stop if name in _STOPS_GPU else note)(f"{name}={value} is set", why, f"unset {name}")
        for name, why in matter.items()
        if (value := told.get(name)) and not (name in _STOPS_GPU and value.lower() in _OFF)
    )
