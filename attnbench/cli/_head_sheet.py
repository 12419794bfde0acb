"""A head as `attnbench show` tells it: what it is, and its cost term by term. Imports torch."""

import inspect
from contextlib import suppress
from typing import Any

from rich.console import Console

from attnbench import heads, measure
from attnbench.cli._console import print_table, print_text
from attnbench.cost import Cost, Term
from attnbench.declaration import REQUIRED
from attnbench.errors import UnmeasuredError
from attnbench.head_choice import parse_options
from attnbench.measure._bench import Bench
from attnbench.measure.modelled import cost_of
from attnbench.trial import Option, Shape, Trial
from attnbench.units import digits, quantity

SMALLEST_SHARE = 0.1  # per cent
FACTS = ("family", "complexity", "year", "paper")
CONVENTIONS = {"MACs": "a multiply-add is one", "FLOPs": "a multiply-add is two"}


def head_sheet(name: str, shape: Shape, settings: tuple[str, ...]) -> dict[str, Any]:
    """What is known of the head, with the cost of `shape` as the `settings` option=value make it.

    Nothing is allocated. Raises an AttnbenchError for options that the head refuses.
    """
    declared = heads.describe(name)
    chosen = declared.check(parse_options(name, settings, "--set"), "--set")
    bench = Bench(Trial(name, shape, chosen))
    module, cost = bench.outline, None
    with suppress(UnmeasuredError):
        cost = cost_of(bench)
    counts = _counts(cost) if cost else _counted(bench)
    return {
        "name": name,
        "kind": "head",
        "about": declared.summary,
        "doc": declared.doc,
        "module": inspect.getdoc(type(module)),
        **{fact: declared.keywords[fact] for fact in FACTS},
        "options": [
            {
                "name": option,
                "value": chosen.get(option, spec.default),
                "default": None if spec.default is REQUIRED else spec.default,
                "choices": list(spec.choices),
            }
            for option, spec in declared.options.items()
        ],
        "maps": list(declared.keywords.get("maps", ())),
        "kernels": list(heads.kernels(name)),
        "shape": str(shape),
        "symbols": cost.symbols if cost else {},
        "terms": [_term(cost, term) for term in cost.terms] if cost else [],
        "origin": "modelled" if cost else "counted",
        **counts,
    }


def _counts(cost: Cost) -> dict[str, int]:
    return {"params": cost.params, "macs": cost.macs, "flops": cost.flops}


def _counted(bench: Bench) -> dict[str, int]:
    """Of a head without a closed form."""
    found = measure.readings("counted", bench)
    counts = {what: int(found[f"{what}.counted"].samples[0]) for what in ("macs", "flops")}
    return {"params": sum(p.numel() for p in bench.outline.parameters())} | counts


def _term(cost: Cost, term: Term) -> dict[str, Any]:
    """A formula of 0 is left out: a term has MACs or other FLOPs, and may have parameters."""
    formulas = {"macs": term.macs, "flops beside macs": term.flops, "params": term.params}
    return {
        "term": term.name,
        "kind": term.kind,
        "formulas": {key: formula for key, formula in formulas.items() if formula != "0"},
        "macs": cost.value(term.macs),
        "flops": cost.flops_of(term),
        "params": cost.value(term.params),
    }


def print_head(console: Console, sheet: dict[str, Any]) -> None:
    print_text(console, f"{sheet['name']}: {sheet['doc']}", "")
    facts = [f"{sheet['paper']} ({sheet['year']})"] if sheet["paper"] else []
    facts += [f"family {sheet['family']}"]
    facts += [f"MACs grow as {sheet['complexity']}"] if sheet["complexity"] else []
    module = ["", sheet["module"]] if sheet["module"] != sheet["doc"] else []
    print_text(console, "; ".join(facts), *module)
    if sheet["options"]:
        titles = ("option", "value", "default", "choices")
        print_table(console, titles, [_option_row(option) for option in sheet["options"]])
    print_text(console, f"maps:    {', '.join(sheet['maps']) or 'none'}")
    print_text(console, f"kernels: {', '.join(sheet['kernels'])}", "")
    symbols = f", with {_symbols(sheet['symbols'])}" if sheet["symbols"] else ""
    print_text(console, f"Cost at {sheet['shape']}, {sheet['origin']}{symbols}")
    titles = ("term", "kind", "formula", "value", "of FLOPs", "params")
    rows = [_term_row(t, sheet["flops"]) for t in sheet["terms"] if t["formulas"]]
    if rows:
        print_table(console, titles, rows, numbers=titles[3:])
    print_text(console, f"params {_whole(sheet['params'])}")
    for unit, convention in CONVENTIONS.items():
        count = sheet[unit.lower()]
        print_text(console, f"{unit:6} {_whole(count)} = {quantity(count, unit)}, {convention}")


def _option_row(option: dict[str, Any]) -> list[str]:
    value, default = (_spelt(option[key]) for key in ("value", "default"))
    return [option["name"], value, default, ", ".join(map(_spelt, option["choices"]))]


def _term_row(term: dict[str, Any], flops: int) -> list[str]:
    """Its MACs, or else its FLOPs; of a term with neither only the parameters."""
    formulas, unit = term["formulas"], "MACs" if "macs" in term["formulas"] else "FLOPs"
    formula = formulas.get("macs") or formulas.get("flops beside macs")
    params = _whole(term["params"]) if term["params"] else ""
    if not formula:
        return [term["term"], "", "", "", "", params]
    value, share = quantity(term[unit.lower()], unit), 100 * term["flops"] / flops
    told = f"{share:.1f} %" if share >= SMALLEST_SHARE else f"< {SMALLEST_SHARE} %"
    return [term["term"], term["kind"], f"{formula} {unit}", value, told, params]


def _symbols(symbols: dict[str, int]) -> str:
    return ", ".join(f"{name} = {_whole(value)}" for name, value in symbols.items())


def _spelt(value: Option | None) -> str:
    """As it is typed."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _whole(count: int) -> str:
    return digits(count, len(str(count)))
