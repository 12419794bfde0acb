"""The axes of a sweep and the values that they may have."""

import re
from itertools import product
from typing import Any

from attnbench.checked import is_whole, short, shown, typed
from attnbench.errors import SuiteError, UnknownNameError
from attnbench.kinds import BACKBONES, COLOURS, DTYPES, KERNELS, MODES, NETWORKS, PARTS
from attnbench.suite import Size

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


MOST_VALUES = 1000  # of one range
_RANGE = re.compile(r"(\d{1,10})\.\.(\d{1,10})([x+])(\d{1,10})")


def typed_values(axis: str, text: str, where: str) -> list[Any]:
    """What was typed for an axis: values with commas between, and ranges, as "32..128x2" for 32,
    64, 128 and "32..128+32" for 32, 64, 96, 128. Raises SuiteError for a range that cannot be.
    """
    parts = text.split(",")
    if AXES[axis]:
        return [typed(part) for part in parts]
    return [value for part in parts for value in _spelt_out(part, f"{where}: {part}")]


def _spelt_out(part: str, where: str) -> list[Any]:
    if ".." not in part:
        return [typed(part)]
    found = _RANGE.fullmatch(part)
    if found is None:
        raise SuiteError(f"{where}: write a range as 32..128x2 (32, 64, 128) or as 32..128+32")
    low, high, by = (int(found[i]) for i in (1, 2, 4))
    is_factor = found[3] == "x"
    if not 0 < low <= high or by < 1 + is_factor:
        raise SuiteError(f"{where}: a range goes up, from above zero, by x2 or +1 at least")
    if is_factor:
        values = [low]
        while values[-1] * by <= high:
            values.append(values[-1] * by)
        return values
    steps = range(low, high + 1, by)
    if len(steps) > MOST_VALUES:
        raise SuiteError(f"{where}: {len(steps)} values; a range has {MOST_VALUES} at most")
    return list(steps)


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
