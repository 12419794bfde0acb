"""Quantities in base units, scaled and printed. Only this file scales.

Seconds, bytes, FLOPs (a multiply-add is two), MACs (a multiply-add is one), joules.
"""

import math
import re

from attnbench.errors import AttnbenchError

_DECIMAL = [("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("P", 1e15)]
_BINARY = [("B", 2.0**0), ("KiB", 2.0**10), ("MiB", 2.0**20), ("GiB", 2.0**30), ("TiB", 2.0**40)]
_TIME = [("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0)]
_BYTES = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kKMGT]?)(i?)B?\s*")


def steps(unit: str) -> list[tuple[str, float]]:
    """(printed unit, divisor), ascending: the multiples in which quantities of `unit` are shown."""
    return {
        "bytes": _BINARY,
        "s": _TIME,
        "MACs": [(f"{p}MAC", v) for p, v in _DECIMAL],
        "FLOPs": [(f"{p}FLOP", v) for p, v in _DECIMAL],
        "FLOPs/byte": [("FLOP/B", 1.0)],
        "FLOPs/s": [(f"{p}FLOP/s", v) for p, v in _DECIMAL],
        "bytes/s": [(f"{p}B/s", v) for p, v in _DECIMAL],
        "px": [("px", 1.0)],
        "W": [("mW", 1e-3), ("W", 1.0), ("kW", 1e3)],
        "eps": [(f"{p} eps".strip(), v) for p, v in _DECIMAL],
        "J": [("µJ", 1e-6), ("mJ", 1e-3), ("J", 1.0), ("kJ", 1e3)],
    }.get(unit, [(p, v) for p, v in _DECIMAL])


def scale(largest: float, unit: str) -> tuple[float, str]:
    """(divisor, printed unit) that suit a column or an axis whose largest value is `largest`."""
    multiples = steps(unit)
    name, divisor = multiples[0]
    for name_, divisor_ in multiples:
        if abs(largest) >= divisor_ * 0.9995:  # 999.6 M prints as 1.00 G, not as 1000 M
            name, divisor = name_, divisor_
    return divisor, name


def digits(value: float, significant: int = 3) -> str:
    """`value` with that many significant digits, never in scientific notation below 1e6."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    places = significant - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    if rounded and math.floor(math.log10(abs(rounded))) > math.floor(math.log10(abs(value))):
        places -= 1  # 0.9996 rounds to 1.00, not to 1.000
    return f"{rounded:,.{max(places, 0)}f}".replace(",", "\u202f")


def duration(seconds: float) -> str:
    """For a person who waits: "9 s", "3 min 05 s", "2 h 05 min"."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def quantity(value: float, unit: str, significant: int = 3) -> str:
    """`value` in a readable multiple of `unit`: 0.00412 and "s" give "4.12 ms"."""
    divisor, name = scale(value, unit)
    return f"{digits(value / divisor, significant)} {name}".strip()


def parse_bytes(text: str) -> int:
    """Bytes meant by "8 GB" (decimal), "8 GiB" (binary) or a plain number of bytes."""
    match = _BYTES.fullmatch(text)
    if not match:
        raise AttnbenchError(f"{text!r} is not a size in bytes; write it as '8 GB' or '8 GiB'")
    number, prefix, binary = match.groups()
    power = " kMGT".index(prefix.replace("K", "k") or " ")
    return int(float(number) * (1024 if binary else 1000) ** power)
