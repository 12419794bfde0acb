"""The axes of a sweep and the values that they may have."""

from itertools import product
from typing import Any

from attnbench.checked import is_whole, short, shown, typed
from attnbench.errors import SuiteError, UnknownNameError
from attnbench.suite import Size
from attnbench.trial import BACKBONES, COLOURS, DTYPES, KERNELS, MODES, NETWORKS, PARTS

AXES: dict[str, tuple[Any, ...]] = {  # axis -> its choices; () is any whole number above zero
    "size": (),
    "channels": (),
    "batch": (),
    "part": PARTS,
    "dtype": DTYPES,
    "mode": MODES,
    "kernel": KERNELS,
    "backbone": BACKBONES,
}
DEFAULTS: dict[str, list[Any]] = {
    "batch": [1],
    "part": ["attention"],
    "dtype": ["float32"],
    "mode": ["inference"],
    "kernel": ["eager"],
    "backbone": [""],
}


def listed(value: Any, axis: str) -> list[Any]:
    """One value stands for a list of one."""
    if axis == "size" and isinstance(value, dict):
        return [value]
    return value if isinstance(value, list) else [value]


def axis_values(axis: str, values: list[Any], where: str) -> list[Any]:
    """Raises SuiteError or UnknownNameError for a value that the axis cannot have."""
    if not values:
        raise SuiteError(f"{where}: axis {axis!r} needs at least one value, as in {axis} = [64]")
    if axis == "size":
        return [map_size(v, where) for v in values]
    return [_value(axis, v, where) for v in values]


def _value(axis: str, value: Any, where: str) -> Any:
    choices = AXES[axis]
    if choices and value not in choices:
        raise UnknownNameError(f"{axis}", short(value), map(str, choices), where)
    if not choices and not is_whole(value):
        raise SuiteError(f"{where}: {axis} = {shown(value)}: expected a whole number above zero")
    return value


def map_size(value: Any, where: str) -> Size:
    """A side, or height and width as [h, w] in a file and "HxW" when typed."""
    pair = value if isinstance(value, list) else [value, value]
    if isinstance(value, str) and "x" in value:
        pair = [typed(v) for v in value.split("x")]
    if len(pair) != 2 or not all(map(is_whole, pair)):
        raise SuiteError(
            f"{where}: size = {shown(value)}: expected a whole side above zero, or [height, width]"
        )
    return pair[0], pair[1]


def check_parts(axes: dict[str, list[Any]], where: str) -> None:
    """Raises SuiteError unless a network has a backbone and an image, and nothing else has one."""
    for part, backbone, channels in product(axes["part"], axes["backbone"], axes["channels"]):
        if part not in NETWORKS and backbone:
            raise SuiteError(f"{where}: part {part} has no backbone; leave out {backbone!r}")
        if part in NETWORKS and not backbone:
            raise SuiteError(f'{where}: part {part} needs a backbone, as in backbone = "resnet50"')
        if part in NETWORKS and channels != COLOURS:
            raise SuiteError(f"{where}: part {part} reads an image: write channels = {COLOURS}")
