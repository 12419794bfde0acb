"""attnbench list: what there is to measure, by what, in which suite, and on which data."""

import re
import textwrap
from typing import Any

import click

from attnbench.cli._command import Choice, Command
from attnbench.cli._json import json_option, print_json

KINDS = ("heads", "suites", "metrics", "datasets")
WIDTH = 120  # of a line; JSON and `show` have what does not fit


@click.command(
    cls=Command,
    short_help="Heads, suites, metrics and data sets.",
    examples=("attnbench list heads", "attnbench list --json"),
)
@click.argument("kind", type=Choice(KINDS), required=False)
@json_option()
def command(kind: str | None, *, as_json: bool) -> None:
    """Lists heads, suites, metrics and data sets (all of them without KIND)."""
    found = {k: _entries(k) for k in ([kind] if kind else KINDS)}
    if as_json:
        print_json(found)
        return
    for i, (name, entries) in enumerate(found.items()):
        click.echo(f"{chr(10) if i else ''}{name}")
        for line in _LINES.get(name, _entry_lines)(entries):
            click.echo(line)


def _entries(kind: str) -> list[dict[str, Any]]:
    """What a program gets."""
    if kind == "suites":
        from attnbench import suite_file

        return [{"name": n, "question": suite_file.question(n)} for n in suite_file.suite_names()]
    if kind == "metrics":
        import attnbench.measure as measure

        told = {n: measure.describe(n) for n in measure.METRICS.published}
        return [
            {"name": n, "origin": d.keywords["origin"], "about": d.summary} for n, d in told.items()
        ] + [
            {"name": n, "origin": "installed", "about": where}
            for n, where in measure.METRICS.installed.items()
        ]
    if kind == "datasets":
        from attnbench.train import datasets

        told = {n: datasets.describe(n) for n in datasets.DATASETS.published}
        return [
            {"name": n, "classes": len(d.keywords["classes"]) or None, "title": d.keywords["title"],
             "licence": d.keywords["licence"], "about": d.summary}
            for n, d in told.items()
        ] + [
            {"name": n, "classes": None, "title": where, "licence": "", "about": ""}
            for n, where in datasets.DATASETS.installed.items()
        ]  # fmt: skip
    from attnbench import heads

    keys = ("family", "complexity", "year", "paper", "params")
    told = {n: heads.describe(n) for n in heads.HEADS.published}
    return [
        {"name": n, **{k: d.keywords[k] for k in keys}, "about": d.summary} for n, d in told.items()
    ] + [
        {"name": n, **{k: heads.OWN[k] for k in keys}, "paper": where, "about": ""}
        for n, where in heads.HEADS.installed.items()
    ]


def _head_lines(entries: list[dict[str, Any]]) -> list[str]:
    """Under titles. The complexity without what it comes to or defines, the paper shortened."""
    from attnbench.units import digits

    titles = ["name", "family", "MACs", "params at C=512", "year", "paper"]
    counts = [digits(n, len(str(n))) if (n := e["params"]) else "" for e in entries]
    widest = max(map(len, [titles[3], *counts]))
    rows = []
    for entry, count in zip(entries, counts, strict=True):
        growth = re.split("[:,]", entry["complexity"])[0]
        left = [entry["name"], entry["family"], growth, count.rjust(widest)]
        rows.append([*left, str(entry["year"]), entry["paper"]])
    return _lines([titles, *rows])


def _dataset_lines(entries: list[dict[str, Any]]) -> list[str]:
    """Under titles; data that list their classes themselves have no number."""
    rows = [[e["name"], str(e["classes"] or "listed"), e["title"], e["licence"]] for e in entries]
    return _lines([["name", "classes", "title", "licence"], *rows])


def _entry_lines(entries: list[dict[str, Any]]) -> list[str]:
    return _lines([list(map(str, entry.values())) for entry in entries])


def _lines(rows: list[list[str]]) -> list[str]:
    """Rows in columns, the last one cut where the line would be too long."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    left = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=False)) for row in rows]
    room = WIDTH - 4 - sum(widths) - 2 * (len(widths) - 1)
    last = [textwrap.shorten(row[-1], room, placeholder=" …") for row in rows]
    return [f"  {a}  {b}" for a, b in zip(left, last, strict=True)]


_LINES = {"heads": _head_lines, "datasets": _dataset_lines}
