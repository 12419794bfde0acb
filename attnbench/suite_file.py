"""A suite file: TOML read and checked once, before anything runs. Every mistake is one line.

Nothing here imports torch: heads and metrics are known by their declarations.
"""

from collections.abc import Iterable
from dataclasses import fields, replace
from itertools import product
from math import inf, prod
from pathlib import Path
from typing import Any, get_args

import msgspec

import attnbench.measure as measure
from attnbench.axes import AXES, DEFAULTS, axis_values, check_parts, listed, typed_values
from attnbench.checked import (
    check_keys,
    converted,
    entries,
    parse_toml,
    short,
    shown,
    typed,
)
from attnbench.claim_tables import claims
from attnbench.errors import AttnbenchError, SuiteError, UnknownNameError
from attnbench.gate.rules_table import rules
from attnbench.head_choice import head_choices
from attnbench.kinds import NO_DEVICE
from attnbench.own import is_reference
from attnbench.papers.reading import paper_names
from attnbench.printable import one_line
from attnbench.suite import HeadChoice, Skip, Suite, Sweep, Target
from attnbench.training_table import SETTINGS, changed, check_trained, check_tried, training
from attnbench.trial import Budget, Limits
from attnbench.units import parse_bytes

MOST_RECORDS = 10**6  # that one suite may ask for: what a report is made for
LARGEST_FILE = 2**20  # bytes
KEYS = (
    "title",
    "question",
    "heads",
    "sweep",
    "budget",
    "limits",
    "skip",
    "claim",
    "plots",
    "papers",
    "training",
    "gate",
)


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


def question(name: str) -> str:
    """What a suite that comes with attnbench asks. Nothing else of it is checked: `read_suite`."""
    path = suite_path(name)
    return parse_toml(path.read_text(encoding="utf-8"), str(path))["question"]


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
    table = parse_toml(text, where)
    check_keys("key", table, KEYS, where)
    for needed in ("title", "question", "sweep"):
        if not table.get(needed):
            raise SuiteError(f"{where}: {needed} is missing or empty")
    sweeps = table["sweep"]
    if not (isinstance(sweeps, list) and all(isinstance(s, dict) for s in sweeps)):
        raise SuiteError(f"{where}: write each sweep as a table, [[sweep]]")
    suite = Suite(
        name=name,
        title=converted(table["title"], str, f"{where}: title"),
        question=converted(table["question"], str, f"{where}: question"),
        heads=head_choices(table.get("heads", []), where),
        sweeps=tuple(_sweep(s, f"{where}: sweep {i}") for i, s in enumerate(sweeps, 1)),
        budget=_settings(table.get("budget", {}), Budget, f"{where}: budget"),
        limits=_limits(table.get("limits", {}), f"{where}: limits"),
        skips=tuple(entries(table.get("skip", []), Skip, f"{where}: skip")),
        claims=claims(table.get("claim", []), where),
        plots=converted(table.get("plots", []), tuple[str, ...], f"{where}: plots"),
        papers=_papers(table.get("papers", []), where),
        training=training(table["training"], f"{where}: training") if "training" in table else None,
        gate=rules(table.get("gate", {}), f"{where}: gate"),
    )
    if not all(sweep.heads or suite.heads for sweep in suite.sweeps):
        raise SuiteError(f"{where}: heads is missing or empty; name them here or in each sweep")
    if suite.training is not None:
        check_tried(suite.training, (c.name for c in suite.choices), f"{where}: training")
    return _checked(suite, where)


def override(suite: Suite, settings: Iterable[str]) -> Suite:
    """The suite with "axis=value,value" put into every sweep, "rounds=3" into the budget, and
    "steps=150" into the training. Of one that comes twice the last holds.
    """
    for setting in settings:
        key, equals, text = setting.partition("=")
        where = f"--set {one_line(setting)}"
        if not equals or not text:
            raise SuiteError(f"{where}: write axis=value, as in size=64,128")
        known = [*AXES, *(f.name for f in fields(Budget)), *(SETTINGS if suite.training else ())]
        if key in AXES:
            values = axis_values(key, typed_values(key, text, where), where)
            sweeps = tuple(replace(s, axes=s.axes | {key: values}) for s in suite.sweeps)
            suite = replace(suite, sweeps=sweeps)
        elif key in SETTINGS:
            suite = replace(suite, training=changed(suite.training, key, text, where))
        elif key in known:
            budget = msgspec.to_builtins(suite.budget) | {key: typed(text)}
            suite = replace(suite, budget=_settings(budget, Budget, where))
        else:
            raise UnknownNameError("axis", short(key), known, "--set")
    return _checked(suite, "--set")


def _checked(suite: Suite, where: str) -> Suite:
    """The suite, if it asks for no more than can be made, of parts that there are."""
    cells = sum(prod(map(len, s.axes.values())) * len(s.heads or suite.heads) for s in suite.sweeps)
    if cells * suite.budget.rounds > MOST_RECORDS:
        raise SuiteError(
            f"{where}: asks for {cells} trials in {suite.budget.rounds} rounds; "
            f"more than {MOST_RECORDS} records are too many for one suite"
        )
    for sweep in suite.sweeps:
        check_parts(sweep.axes, where)
        if "accuracy" in sweep.metrics:
            check_trained(suite.training, sweep.axes, where)
    return suite


def _sweep(table: dict[str, Any], where: str) -> Sweep:
    check_keys("axis", table, [*AXES, "metrics", "device", "heads", "options"], where)
    device = table.get("device", "auto")
    if device not in get_args(Target):
        raise SuiteError(f"{where}: device = {shown(device)}: choose meta (counts only) or auto")
    metrics = converted(table.get("metrics", []), tuple[str, ...], f"{where}: metrics")
    metrics = tuple(map(known_metric, metrics))
    if not metrics:
        raise SuiteError(f'{where}: metrics is missing, as in metrics = ["latency"]')
    for metric in metrics:
        if metric not in measure.METRICS:
            raise UnknownNameError("metric", short(metric), measure.METRICS, where)
        if device == NO_DEVICE and measure.describe(metric).keywords.get("needs_device"):
            raise SuiteError(f'{where}: {metric} needs a device; set device = "auto"')
    given = {axis: listed(table[axis], axis) for axis in AXES if axis in table}
    missing = [axis for axis in AXES if axis not in DEFAULTS | given]
    if missing:
        raise SuiteError(f"{where}: axis {missing[0]!r} is missing, as in {missing[0]} = [64]")
    axes = {axis: axis_values(axis, values, where) for axis, values in (DEFAULTS | given).items()}
    return Sweep(metrics, axes, device, _own_heads(table, where), "options" in table)


def known_metric(text: str) -> str:
    """The name of a metric, adopted where `text` is a reference to one. Raises AttnbenchError."""
    return measure.METRICS.adopt(text) if is_reference(text) else text


def _own_heads(table: dict[str, Any], where: str) -> tuple[HeadChoice, ...]:
    """The heads of a sweep, each with every combination of the values of its `options`."""
    if "options" not in table:
        return head_choices(table.get("heads", []), where)
    grid, entries = table["options"], table.get("heads", [])
    if not (isinstance(grid, dict) and all(isinstance(v, list) and v for v in grid.values())):
        raise SuiteError(f"{where}: options: write a list for each, as in {{ bases = [32, 64] }}")
    if not isinstance(entries, list) or not entries:
        raise SuiteError(f"{where}: options need the heads that have them, as in heads = ['ema']")
    entries = [e if isinstance(e, dict) else {"name": e} for e in entries]
    if len(entries) * prod(map(len, grid.values())) > MOST_RECORDS:
        raise SuiteError(f"{where}: options: more than {MOST_RECORDS} combinations")
    settings = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    return head_choices([e | options for e in entries for options in settings], where)


def _settings(table: Any, kind: type, where: str) -> Any:
    if isinstance(table, dict):
        check_keys("setting", table, [f.name for f in fields(kind)], where)
    settings = converted(table, kind, where)
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
            f"{where}: {shown(text)} is not a size in bytes; write it as '8 GB' or '8 GiB'"
        ) from None


def _papers(names: Any, where: str) -> tuple[str, ...]:
    """Names of papers that there are. Raises UnknownNameError for another."""
    chosen = converted(names, tuple[str, ...], f"{where}: papers")
    for name in chosen:
        if name not in paper_names():
            raise UnknownNameError("paper", short(name), paper_names(), where)
    return chosen
