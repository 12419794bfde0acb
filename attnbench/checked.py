"""What a person wrote, in a file or at a prompt, checked: a mistake is one line that says where.

Of a wrong value a message repeats only the beginning.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from math import isnan
from typing import Any

import msgspec

from attnbench.errors import SuiteError, UnknownNameError
from attnbench.printable import one_line
from attnbench.trial import Option

LARGEST_SIDE = 2**31
_LONGEST_SHOWN = 80  # characters of a wrong value that a message repeats


def parse_toml(text: str, where: str) -> dict[str, Any]:
    try:
        table = tomllib.loads(text)
    except RecursionError:
        raise SuiteError(f"{where}: not valid TOML: nested too deep") from None
    except ValueError as error:  # a TOMLDecodeError, or a number of thousands of digits
        raise SuiteError(f"{where}: not valid TOML: {one_line(str(error))}") from None
    if _too_large(table):
        raise SuiteError(f"{where}: not valid TOML: an integer has 64 bits, and nan is no number")
    return table


def _too_large(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_too_large, value.values()))
    if isinstance(value, list):
        return any(map(_too_large, value))
    if isinstance(value, float):
        return isnan(value)
    return isinstance(value, int) and not -(2**63) <= value < 2**63


def typed(text: str) -> Option:
    """The number or truth value that `text` spells, else the text."""
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def check_keys(kind: str, table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    known = tuple(known)
    for key in table:
        if key not in known:
            raise UnknownNameError(kind, short(key), known, where)


def converted(value: Any, kind: Any, where: str) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise SuiteError(f"{where}: {one_line(str(error))}") from None


def is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < LARGEST_SIDE


def shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."


def short(value: Any) -> str:
    """A name that is not known, short enough to be held against those that are."""
    return str(value)[:_LONGEST_SHOWN]


def entries(tables: Any, kind: type, where: str) -> Iterable[Any]:
    """Each of several tables of one name as a `kind`, a dataclass."""
    if not isinstance(tables, list):
        name = where.rpartition(" ")[2]
        raise SuiteError(f"{where}: write each as a table of its own, [[{name}]]")
    for i, table in enumerate(tables, 1):
        if isinstance(table, dict):
            check_keys("key", table, [f.name for f in fields(kind)], f"{where} {i}")
        yield converted(table, kind, f"{where} {i}")
