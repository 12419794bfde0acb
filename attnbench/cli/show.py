"""attnbench show: all that is known of one head, suite, metric or data set."""

from typing import TYPE_CHECKING, Any

import click

from attnbench.cli import _names, _options
from attnbench.cli._command import Command, option
from attnbench.cli._json import json_option, print_json

if TYPE_CHECKING:
    from rich.console import Console


@click.command(
    cls=Command,
    short_help="All of a head, suite, metric or data set.",
    examples=(
        "attnbench show ema --size 128x256",
        "attnbench show isa --set window=16",
        "attnbench show complexity",
    ),
)
@click.argument("name", shell_complete=_names.anything)
@option(
    "--size", default="64x64", show_default=True, metavar="N|HxW",
    help="Of the map to cost a head at.",
)  # fmt: skip
@option(
    "--channels", default=512, show_default=True, type=click.IntRange(min=1), metavar="N",
    help="Of that map.",
)  # fmt: skip
@_options.settings("Another option of the head.", "OPTION=VALUE", _names.head_options)
@option("--suite", "as_suite", is_flag=True, help="The suite where a head has that name too.")
@json_option()
def command(
    name: str,
    size: str,
    channels: int,
    settings: tuple[str, ...],
    *,
    as_suite: bool,
    as_json: bool,
) -> None:
    """Shows a head: source, options, maps, kernels, cost term by term.

    Or a suite, a metric, or a data set: where to get it, and which files are expected.
    """
    from attnbench.cli._console import stdout

    sheet = _suite(name) if as_suite else _sheet(name, size, channels, settings)
    if as_json:
        print_json(sheet)
        return
    if sheet["kind"] == "head":
        from attnbench.cli._head_sheet import print_head as show
    else:
        show = {"suite": _print_suite, "metric": _print_metric, "data set": _print_dataset}[
            sheet["kind"]
        ]
    show(stdout(), sheet)


def _sheet(name: str, size: str, channels: int, settings: tuple[str, ...]) -> dict[str, Any]:
    import attnbench.measure as measure
    from attnbench import heads, suite_file
    from attnbench.axes import map_size
    from attnbench.checked import typed
    from attnbench.errors import SuiteError, UnknownNameError
    from attnbench.own import found, is_reference
    from attnbench.registry import registry
    from attnbench.train import datasets
    from attnbench.trial import Shape

    if is_reference(name):
        told = found(name).kind or "head"
        name = registry(told).adopt(name)
    if name in heads.HEADS:
        from attnbench.cli._head_sheet import head_sheet

        shape = Shape(1, channels, *map_size(typed(size), "--size"))
        return head_sheet(name, shape, settings)
    suites = suite_file.suite_names()
    if name not in (*measure.METRICS, *datasets.DATASETS, *suites) and not name.endswith(".toml"):
        known = [*heads.HEADS, *suites, *measure.METRICS, *datasets.DATASETS]
        raise UnknownNameError("head, suite, metric or data set", name, known)
    if settings:
        raise SuiteError(f"--set {settings[0]}: {name} is no head, and has no options to show")
    if name in datasets.DATASETS:
        return _dataset(name)
    return _metric(name) if name in measure.METRICS else _suite(name)


def _metric(name: str) -> dict[str, Any]:
    import attnbench.measure as measure

    declared = measure.describe(name)
    facts = {"needs_device": False, "repeat": False} | declared.keywords
    facts["better"] = measure.directions(name)
    units = facts.pop("units")
    about = {"name": name, "kind": "metric", "about": declared.summary, "doc": declared.doc}
    return about | facts | {"readings": units}


def _print_metric(console: "Console", sheet: dict[str, Any]) -> None:
    from attnbench.cli._console import print_table, print_text

    print_text(console, f"{sheet['name']}: {sheet['doc']}", "")
    how = "run on a device" if sheet["needs_device"] else "without running the head on a device"
    often = "in every round" if sheet["repeat"] else "once"
    print_text(console, f"{sheet['origin']}, {how}, {often}")
    rows = [
        [reading, unit or "a number", sheet["better"][reading]]
        for reading, unit in sheet["readings"].items()
    ]
    print_table(console, ("reading", "unit", "better"), rows)


def _dataset(name: str) -> dict[str, Any]:
    from attnbench.train.datasets import describe

    declared = describe(name)
    lines = [line.strip() for line in declared.keywords["layout"].splitlines()]
    options = [
        {"name": n, "default": o.default, "choices": o.choices} for n, o in declared.options.items()
    ]
    about = {"name": name, "kind": "data set", "about": declared.summary, "doc": declared.doc}
    facts = declared.keywords | {"layout": [line for line in lines if line]}
    return about | facts | {"options": options}


def _print_dataset(console: "Console", sheet: dict[str, Any]) -> None:
    from attnbench.cli._console import print_table, print_text

    print_text(console, f"{sheet['name']}: {sheet['doc']}", "")
    count = len(sheet["classes"])
    named = f"{count}: {', '.join(sheet['classes'])}" if count else "listed by the data"
    print_text(console, f"classes: {named}", f"splits:  {', '.join(sheet['splits'])}")
    print_text(console, f"licence: {sheet['licence']}", f"from:    {sheet['where']}")
    print_text(console, "layout:", *(f"  {line}" for line in sheet["layout"]))
    crop = "x".join(map(str, sheet["crop"])) if sheet["crop"] else "the whole picture"
    print_text(console, f"crop:    {crop}", f"input:   (x - {sheet['mean']}) / {sheet['std']}")
    if sheet["options"]:
        rows = [
            [o["name"], str(o["default"]), ", ".join(map(str, o["choices"]))]
            for o in sheet["options"]
        ]
        print_table(console, ("option", "default", "choices"), rows)


def _suite(name: str) -> dict[str, Any]:
    import msgspec

    from attnbench.report import verdict_text
    from attnbench.suite_file import read_suite, suite_path
    from attnbench.trial import label

    suite, _ = read_suite(suite_path(name))
    trials = len(suite.plan("cpu"))
    about = {"name": suite.name, "kind": "suite", "trials": trials}
    told = about | msgspec.to_builtins(suite)
    claims = [
        msgspec.to_builtins(claim) | {"holds_if": verdict_text.condition(claim)}
        for claim in suite.claims
    ]
    named = [label(h.name, h.options) for h in suite.choices]
    trained = suite.training.sentence if suite.training else ""
    return told | {"heads": named, "claims": claims, "trained": trained}


def _print_suite(console: "Console", sheet: dict[str, Any]) -> None:
    from attnbench.cli._console import print_table, print_text

    print_text(console, f"{sheet['name']}: {sheet['title']}", "", sheet["question"], "")
    print_text(console, f"heads:  {', '.join(sheet['heads'])}")
    print_text(console, f"trials: {sheet['trials']}")
    trained = [f"trained: {sheet['trained']}"] if sheet["trained"] else []
    print_text(console, *trained, "")
    for number, sweep in enumerate(sheet["sweeps"], 1):
        on = "on no device" if sweep["device"] == "meta" else "on a device"
        axes = [[axis, ", ".join(map(_value, sweep["axes"][axis]))] for axis in sweep["axes"]]
        print_text(console, f"sweep {number}, {on}: {', '.join(sweep['metrics'])}")
        print_table(console, ("axis", "values"), axes)
    rows = [[c["id"], c["says"], c["source"], c["holds_if"]] for c in sheet["claims"]]
    if rows:
        print_table(console, ("claim", "says", "source", "holds if"), rows)


def _value(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
