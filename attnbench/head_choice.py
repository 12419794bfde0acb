"""Heads as a suite lists them or a person types them, checked by what each head declares."""

import re
from collections.abc import Iterable
from math import isfinite
from typing import Any

from attnbench import heads, own
from attnbench.checked import converted, short, shown, typed
from attnbench.declaration import REQUIRED
from attnbench.errors import SuiteError, UnknownNameError
from attnbench.printable import one_line
from attnbench.suite import HeadChoice
from attnbench.trial import Option

# A name or a reference, and what stands behind the colon after it.
_TYPED = re.compile(
    r"((?:[^:]+\.py|[A-Za-z_][\w.]*):[A-Za-z_]\w*(?=:|$)|[^:]+\.pickle|[^:]*)(?::(.*))?", re.DOTALL
)


def head_choices(entries: Any, where: str) -> tuple[HeadChoice, ...]:
    """What `heads = ...` means: "all", names, {name, options...} or {family} tables.

    Raises UnknownNameError or SuiteError.
    """
    entries = heads.HEADS.published if entries == "all" else entries
    if not isinstance(entries, list):
        raise SuiteError(f'{where}: heads = {shown(entries)}: write a list, or "all"')
    chosen = [c for entry in entries for c in _choices(entry, where)]
    return tuple({str(c): c for c in chosen}.values())


def parse_head(text: str) -> HeadChoice:
    """A head as typed: "ema", or with options "ema:bases=32,gradient=through".

    One of the user is a reference: "my_head.py:MyHead", "my_head.py:MyHead:width=32".
    """
    where = f"--head {one_line(text)}"
    name, _, rest = text.partition(":")
    if name not in heads.HEADS and (parts := _TYPED.fullmatch(text)):
        name, rest = parts.groups("")
    name = known_name(name)
    options = parse_options(name, filter(None, rest.split(",")), where)
    return _choice(name, options, "--head")


def known_name(text: str) -> str:
    """The name of a head, adopted where `text` is a reference to one. Raises AttnbenchError."""
    if not own.is_reference(text):
        return text
    name = heads.HEADS.adopt(text)
    if heads.HEADS.found(name):
        _ = heads.HEADS[name]  # what cannot be given channels says so here
    return name


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
        families = {n: heads.describe(n).keywords["family"] for n in heads.HEADS.published}
        if family not in families.values():
            raise UnknownNameError("family", short(family), set(families.values()), where)
        return [HeadChoice(n) for n, f in families.items() if f == family]
    if isinstance(entry, dict) and isinstance(entry.get("name"), str):
        return [_choice(entry["name"], {k: v for k, v in entry.items() if k != "name"}, where)]
    raise SuiteError(f"{where}: heads: {shown(entry)} is neither a name nor a table with a name")


def _choice(name: str, options: dict[str, Option], where: str) -> HeadChoice:
    name = known_name(name)
    if "kernel" in options:
        raise SuiteError(f"{where}: kernel is an axis of the sweep, not an option of {name}")
    declared = heads.describe(name) if name in heads.HEADS else None
    if declared is None:
        raise UnknownNameError("head", short(name), heads.HEADS, where)
    options = converted(options, dict[str, Option], f"{where}: {name}")
    for option, value in options.items():
        if isinstance(value, float) and not isfinite(value):
            raise SuiteError(f"{where}: {name}: {option} = {value}: expected a finite number")
    chosen = declared.check(options, where)
    needed = [o for o, spec in declared.options.items() if spec.default is REQUIRED]
    if missing := [o for o in needed if o not in chosen]:
        raise SuiteError(f"{where}: {name} needs {', '.join(missing)}, as in {missing[0]}=...")
    return HeadChoice(name, chosen)
