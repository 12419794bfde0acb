"""A suite file: TOML read and checked once, before anything runs. Every mistake is one line.

Nothing here imports torch: heads and metrics are known by their declarations.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from math import inf, isfinite, isnan, prod
from pathlib import Path
from typing import Any, get_args

import msgspec

from attnbench import heads, measure
from attnbench.claims import Claim
from attnbench.errors import AttnbenchError, SuiteError, UnknownNameError
from attnbench.printable import one_line
from attnbench.suite import HeadChoice, Size, Skip, Suite, Sweep, Target
from attnbench.trial import DTYPES, KERNELS, MODES, NO_DEVICE, PARTS, Budget, Limits, Option
from attnbench.units import parse_bytes

AXES: dict[str, tuple[Any, ...]] = {  # axis -> its choices; () is any whole number above zero
    "size": (),
    "channels": (),
    "batch": (),
    "part": PARTS,
    "dtype": DTYPES,
    "mode": MODES,
    "kernel": KERNELS,
}
DEFAULTS = {"batch": [1], "part": ["attention"], "dtype": ["float32"], "mode": ["inference"]} | {
    "kernel": ["eager"]
}
MOST_RECORDS = 10**6  # that one suite may ask for: what a report is made for
LARGEST_SIDE = 2**31
LARGEST_FILE = 2**20  # bytes
_LONGEST_SHOWN = 80  # characters of a wrong value that a message repeats
KEYS = ("title", "question", "heads", "sweep", "budget", "limits", "skip", "claim", "plots")


def suites_folder() -> Path:
    """The folder of the suites that come with attnbench: in the wheel, or beside the package."""
    inside = Path(__file__).parent / "suites"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "suites"


def suite_names() -> list[str]:
    return sorted(p.stem for p in suites_folder().glob("*.toml"))


def suite_path(name: str) -> Path:
    """The file of a suite: one that comes with attnbench by name, or any path to a .toml file."""
    if name.endswith(".toml"):
        return Path(name)
    if name not in suite_names():
        raise UnknownNameError("suite", name, suite_names())
    return suites_folder() / f"{name}.toml"


def read_suite(path: Path) -> tuple[Suite, str]:
    """The suite in a file, and its text. Raises SuiteError with file and place."""
    try:
        with path.open("rb") as stream:
            text = stream.read(LARGEST_FILE + 1).decode()
    except (OSError, ValueError) as error:  # ValueError: not UTF-8, or no path
        reason = getattr(error, "strerror", "it is not text in UTF-8")
        raise SuiteError(f"{path}: cannot read the suite ({reason})") from None
    if len(text) > LARGEST_FILE:
        raise SuiteError(f"{path}: larger than {LARGEST_FILE} bytes; a suite is one question")
    return parse_suite(text, path.stem, str(path)), text


def parse_suite(text: str, name: str, where: str) -> Suite:
    """The suite that `text` describes; `where` names the file in messages."""
    table = _table(text, where)
    _check_keys("key", table, KEYS, where)
    for needed in ("title", "question", "heads", "sweep"):
        if not table.get(needed):
            raise SuiteError(f"{where}: {needed} is missing or empty")
    sweeps = table["sweep"]
    if not (isinstance(sweeps, list) and all(isinstance(s, dict) for s in sweeps)):
        raise SuiteError(f"{where}: write each sweep as a table, [[sweep]]")
    suite = Suite(
        name=name,
        title=_convert(table["title"], str, f"{where}: title"),
        question=_convert(table["question"], str, f"{where}: question"),
        heads=head_choices(table["heads"], where),
        sweeps=tuple(_sweep(s, f"{where}: sweep {i}") for i, s in enumerate(sweeps, 1)),
        budget=_settings(table.get("budget", {}), Budget, f"{where}: budget"),
        limits=_limits(table.get("limits", {}), f"{where}: limits"),
        skips=tuple(_entries(table.get("skip", []), Skip, f"{where}: skip")),
        claims=_claims(table.get("claim", []), where),
        plots=_convert(table.get("plots", []), tuple[str, ...], f"{where}: plots"),
    )
    return _affordable(suite, where)


def head_choices(entries: Any, where: str) -> tuple[HeadChoice, ...]:
    """What `heads = ...` means: "all", names, {name, options...} or {family} tables.

    Raises UnknownNameError or SuiteError.
    """
    entries = list(heads.HEADS) if entries == "all" else entries
    if not isinstance(entries, list):
        raise SuiteError(f'{where}: heads = {_shown(entries)}: write a list, or "all"')
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


def override(suite: Suite, settings: Iterable[str]) -> Suite:
    """The suite with "axis=value,value" put into every sweep, and "rounds=3" into the budget."""
    for setting in settings:
        key, equals, text = setting.partition("=")
        where = f"--set {one_line(setting)}"
        if not equals or not text:
            raise SuiteError(f"{where}: write axis=value, as in size=64,128")
        known = [*AXES, *(f.name for f in fields(Budget))]
        if key in AXES:
            values = _axis(key, [typed(v) for v in text.split(",")], where)
            sweeps = tuple(replace(s, axes=s.axes | {key: values}) for s in suite.sweeps)
            suite = replace(suite, sweeps=sweeps)
        elif key in known:
            budget = msgspec.to_builtins(suite.budget) | {key: typed(text)}
            suite = replace(suite, budget=_settings(budget, Budget, where))
        else:
            raise UnknownNameError("axis", _short(key), known, "--set")
    return _affordable(suite, "--set")


def _table(text: str, where: str) -> dict[str, Any]:
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


def _affordable(suite: Suite, where: str) -> Suite:
    """The suite, if it asks for no more records than can be made and read."""
    cells = sum(prod(map(len, s.axes.values())) for s in suite.sweeps) * len(suite.heads)
    if cells * suite.budget.rounds > MOST_RECORDS:
        raise SuiteError(
            f"{where}: asks for {cells} trials in {suite.budget.rounds} rounds; "
            f"more than {MOST_RECORDS} records are too many for one suite"
        )
    return suite


def _choices(entry: Any, where: str) -> list[HeadChoice]:
    if isinstance(entry, str):
        return [_choice(entry, {}, where)]
    if isinstance(entry, dict) and set(entry) == {"family"}:
        family = entry["family"]
        families = {n: heads.describe(n).keywords["family"] for n in heads.HEADS}
        if family not in families.values():
            raise UnknownNameError("family", _short(family), set(families.values()), where)
        return [HeadChoice(n) for n, f in families.items() if f == family]
    if isinstance(entry, dict) and isinstance(entry.get("name"), str):
        return [_choice(entry["name"], {k: v for k, v in entry.items() if k != "name"}, where)]
    raise SuiteError(f"{where}: heads: {_shown(entry)} is neither a name nor a table with a name")


def _choice(name: str, options: dict[str, Option], where: str) -> HeadChoice:
    if "kernel" in options:
        raise SuiteError(f"{where}: kernel is an axis of the sweep, not an option of {name}")
    declared = heads.describe(name) if name in heads.HEADS else None
    if declared is None:
        raise UnknownNameError("head", _short(name), heads.HEADS, where)
    options = _convert(options, dict[str, Option], f"{where}: {name}")
    for option, value in options.items():
        if isinstance(value, float) and not isfinite(value):
            raise SuiteError(f"{where}: {name}: {option} = {value}: expected a finite number")
    return HeadChoice(name, declared.check(options, where))


def _sweep(table: dict[str, Any], where: str) -> Sweep:
    _check_keys("axis", table, [*AXES, "metrics", "device"], where)
    device = table.get("device", "auto")
    if device not in get_args(Target):
        raise SuiteError(f"{where}: device = {_shown(device)}: choose meta (counts only) or auto")
    metrics = _convert(table.get("metrics", []), tuple[str, ...], f"{where}: metrics")
    if not metrics:
        raise SuiteError(f'{where}: metrics is missing, as in metrics = ["latency"]')
    for metric in metrics:
        if metric not in measure.METRICS:
            raise UnknownNameError("metric", _short(metric), measure.METRICS, where)
        if device == NO_DEVICE and measure.describe(metric).keywords.get("needs_device"):
            raise SuiteError(f'{where}: {metric} needs a device; set device = "auto"')
    given = {axis: _listed(table[axis], axis) for axis in AXES if axis in table}
    missing = [axis for axis in AXES if axis not in DEFAULTS | given]
    if missing:
        raise SuiteError(f"{where}: axis {missing[0]!r} is missing, as in {missing[0]} = [64]")
    axes = {axis: _axis(axis, values, where) for axis, values in (DEFAULTS | given).items()}
    return Sweep(metrics, axes, device)


def _listed(value: Any, axis: str) -> list[Any]:
    """One value stands for a list of one."""
    if axis == "size" and isinstance(value, dict):
        return [value]
    return value if isinstance(value, list) else [value]


def _axis(axis: str, values: list[Any], where: str) -> list[Any]:
    if not values:
        raise SuiteError(f"{where}: axis {axis!r} needs at least one value, as in {axis} = [64]")
    if axis == "size":
        return [map_size(v, where) for v in values]
    return [_axis_value(axis, v, where) for v in values]


def _axis_value(axis: str, value: Any, where: str) -> Any:
    choices = AXES[axis]
    if choices and value not in choices:
        raise UnknownNameError(f"{axis}", _short(value), map(str, choices), where)
    if not choices and not _whole(value):
        raise SuiteError(f"{where}: {axis} = {_shown(value)}: expected a whole number above zero")
    return value


def map_size(value: Any, where: str) -> Size:
    """A side, or height and width as [h, w] in a file and "HxW" when typed."""
    pair = value if isinstance(value, list) else [value, value]
    if isinstance(value, str) and "x" in value:
        pair = [typed(v) for v in value.split("x")]
    if len(pair) != 2 or not all(map(_whole, pair)):
        raise SuiteError(
            f"{where}: size = {_shown(value)}: expected a whole side above zero, or [height, width]"
        )
    return pair[0], pair[1]


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < LARGEST_SIDE


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."


def _short(value: Any) -> str:
    """A name that is not known, short enough to be held against those that are."""
    return str(value)[:_LONGEST_SHOWN]


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


def _settings(table: Any, kind: type, where: str) -> Any:
    if isinstance(table, dict):
        _check_keys("setting", table, [f.name for f in fields(kind)], where)
    settings = _convert(table, kind, where)
    for f in fields(kind):
        value = getattr(settings, f.name)
        if not 0 <= value < inf or (
            value == 0 and f.name in ("rounds", "min_samples", "seconds", "memory_bytes")
        ):
            raise SuiteError(f"{where}: {f.name} = {value}: expected a number above zero")
    return settings


def _limits(table: Any, where: str) -> Limits:
    if isinstance(table, dict) and "memory" in table:
        memory = table["memory"]
        size = _bytes(memory, where) if isinstance(memory, str) else memory
        table = {k: v for k, v in table.items() if k != "memory"} | {"memory_bytes": size}
    return _settings(table, Limits, where)


def _bytes(text: str, where: str) -> int:
    try:
        return parse_bytes(text)
    except (AttnbenchError, OverflowError):
        raise SuiteError(
            f"{where}: {_shown(text)} is not a size in bytes; write it as '8 GB' or '8 GiB'"
        ) from None


def _entries(tables: Any, kind: type, where: str) -> Iterable[Any]:
    if not isinstance(tables, list):
        raise SuiteError(f"{where}: write each as a table of its own, [[skip]]")
    for i, table in enumerate(tables, 1):
        if isinstance(table, dict):
            _check_keys("key", table, [f.name for f in fields(kind)], f"{where} {i}")
        yield _convert(table, kind, f"{where} {i}")


def _claims(tables: Any, where: str) -> tuple[Claim, ...]:
    claims = tuple(_entries(tables, Claim, f"{where}: claim"))
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            raise SuiteError(f"{where}: two claims have the id {_shown(claim.id)}")
        if claim.check.within[0] > claim.check.within[1]:
            raise SuiteError(f"{where}: claim {_shown(claim.id)}: within is [lowest, highest]")
        seen.add(claim.id)
    return claims


def _check_keys(kind: str, table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    known = tuple(known)
    for key in table:
        if key not in known:
            raise UnknownNameError(kind, _short(key), known, where)


def _convert(value: Any, kind: Any, where: str) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise SuiteError(f"{where}: {one_line(str(error))}") from None
