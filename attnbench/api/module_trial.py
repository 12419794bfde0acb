"""A module and a shape that a script gives, as a trial: checked once, before anything runs."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, get_args

from attnbench.checked import is_whole, shown
from attnbench.errors import DeviceError, HeadError, SuiteError, UnknownNameError
from attnbench.kinds import NO_DEVICE, Dtype, Mode
from attnbench.printable import one_line
from attnbench.trial import Shape, Trial

if TYPE_CHECKING:
    from torch import nn


def module_trial(
    module: "nn.Module", shape: Shape | Sequence[int], *, dtype: Dtype | None,
    device: str = NO_DEVICE, mode: Mode = "inference",
) -> Trial:  # fmt: skip
    """Raises HeadError for what is no module, SuiteError or UnknownNameError for a shape or type
    that is none, DeviceError for a device that is not there.
    """
    from torch import nn

    if not isinstance(module, nn.Module):
        told = "a module is an instance of torch.nn.Module"
        raise HeadError(f"{shown(module)}: {told}, as in measure(MyHead(64), (1, 64, 32, 32))")
    name = one_line(type(module).__name__)
    chosen = _type_of(module) if dtype is None else _known_type(dtype)
    if device != NO_DEVICE:
        _check_device(device)
    if chosen == "tf32" and device == "cpu":
        raise SuiteError("TF32 is how NVIDIA GPUs round float32 products; a CPU does not")
    return Trial(name, checked_shape(shape), dtype=chosen, device=device, mode=mode)


def checked_shape(shape: Shape | Sequence[int]) -> Shape:
    """Raises SuiteError unless it is four whole numbers above zero."""
    sides = list(shape) if isinstance(shape, Iterable) else []
    if len(sides) != 4 or not all(map(is_whole, sides)):
        raise SuiteError(f"shape = {shown(shape)}: expected (N, C, H, W), as in (1, 512, 64, 64)")
    return Shape(*sides)


def _type_of(module: "nn.Module") -> Dtype:
    """Of its first weight; float32 where it has none. Raises UnknownNameError for another type."""
    floating = (p.dtype for p in module.parameters() if p.is_floating_point())
    name = str(next(floating, "torch.float32")).removeprefix("torch.")
    return _known_type(name)


def _known_type(name: str) -> Dtype:
    known: dict[str, Dtype] = {dtype: dtype for dtype in get_args(Dtype)}
    if name not in known:
        raise UnknownNameError("dtype", str(name), known)
    return known[name]


def _check_device(device: str) -> None:
    import torch

    present = ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
    known = [*present, "cuda"] if len(present) > 1 else present
    if device not in known:
        raise DeviceError(f"device {device!r} is not there; this machine has: {', '.join(known)}")
