"""Heads as a suite lists them or a person types them, checked by what each head declares."""

from collections.abc import Iterable
from math import isfinite
from typing import Any

from attnbench import heads
from attnbench.checked import converted, short, shown, typed
from attnbench.errors import SuiteError, UnknownNameError
from attnbench.printable import one_line
from attnbench.suite import HeadChoice
from attnbench.trial import Option


def head_choices(entries: Any, where: str) -> tuple[HeadChoice, ...]:
    """What `heads = ...` means: "all", names, {name, options...} or {family} tables.

    Raises UnknownNameError or SuiteError.
    """
    entries = list(heads.HEADS) if entries == "all" else entries
    if not isinstance(entries, list):
        raise SuiteError(f'{where}: heads = {shown(entries)}: write a list, or "all"')
    chosen = [c for entry in entries for c in _choices(entry, where)]
    return tuple({str(c): c for c in chosen}.values())


def parse_head(text: str) -> HeadChoice:
    """A head as typed: "ema", or with options "ema:bases=32,gradient=through"."""
    name, _, rest = text.partition(":")
    options = parse_options(name, filter(None, rest.split(",")), f"--head {one_line(text)}")
    return _choice(name, options, "--head")


def parse_options(head: str, settings: Iterable[str], where: str) -> dict[str, Option]:
    """What option=value spell; text stays text for an option that is text, as in rates=6.

    Raises SuiteError for a setting of another form.
    """
    known = heads.describe(head).options if head in heads.HEADS else {}
    options: dict[str, Option] = {}
    for setting in settings:
        name, equals, text = (part.strip() for part in setting.partition("="))
        if not equals or not text:
            raise SuiteError(f"{where}: {setting!r} is no option; write option=value, as bases=32")
        is_text = name in known and isinstance(known[name].default, str)
        options[name] = text if is_text else typed(text)
    return options


def _choices(entry: Any, where: str) -> list[HeadChoice]:
    if isinstance(entry, str):
        return [_choice(entry, {}, where)]
    if isinstance(entry, dict) and set(entry) == {"family"}:
        family = entry["family"]
        families = {n: heads.describe(n).keywords["family"] for n in heads.HEADS}
        if family not in families.values():
            raise UnknownNameError("family", short(family), set(families.values()), where)
        return [HeadChoice(n) for n, f in families.items() if f == family]
    if isinstance(entry, dict) and isinstance(entry.get("name"), str):
        return [_choice(entry["name"], {k: v for k, v in entry.items() if k != "name"}, where)]
    raise SuiteError(f"{where}: heads: {shown(entry)} is neither a name nor a table with a name")


def _choice(name: str, options: dict[str, Option], where: str) -> HeadChoice:
    if "kernel" in options:
        raise SuiteError(f"{where}: kernel is an axis of the sweep, not an option of {name}")
    declared = heads.describe(name) if name in heads.HEADS else None
    if declared is None:
        raise UnknownNameError("head", short(name), heads.HEADS, where)
    options = converted(options, dict[str, Option], f"{where}: {name}")
    for option, value in options.items():
        if isinstance(value, float) and not isfinite(value):
            raise SuiteError(f"{where}: {name}: {option} = {value}: expected a finite number")
    return HeadChoice(name, declared.check(options, where))
