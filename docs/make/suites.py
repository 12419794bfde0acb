"""docs/suites.md: every key of a suite file, from the types that read it.

python docs/make/suites.py docs/suites.md
"""

import sys
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from attnbench.axes import AXES, DEFAULTS
from attnbench.claims import Claim, Other
from attnbench.gate.rules import Rules
from attnbench.suite import Skip
from attnbench.suite_file import KEYS, suite_names
from attnbench.training import Training
from attnbench.trial import Budget, Limits

INTRODUCTION = """# Suites

A suite is a TOML file that asks one question. `attnbench new suite my_suite` writes one to begin
with, `attnbench show smoke` lists what one asks for, and the suites that come with attnbench
(`attnbench list suites`) are examples of everything below.

```
attnbench new suite my_suite
attnbench show my_suite.toml
attnbench run --suite my_suite.toml --dry-run
attnbench run --suite my_suite.toml --set rounds=1 --set size=8,12,16
```

A mistake is one line that names the file, the place, and the nearest word that there is. Without
another word a key may be left out; then it has its default.

This page is made from the types that read a suite: `python docs/make/suites.py docs/suites.md`.
"""

AXES_ARE = """And the axes, each one value or a list. All combinations are run; on the command line
`--set size=64,128` takes the place of what the file says.
"""

TOP = {
    "title": "What reports are headed with. Needed.",
    "question": "What is asked, in a sentence. Needed.",
    "heads": 'A list of names, of tables `{ name = "isa", window = 16 }` with options of a head, '
    'or `{ family = "pairwise" }`; or `"all"`. Your own is `"my_head.py:MyHead"`.',
    "sweep": "Tables `[[sweep]]`: metrics over the product of axes. At least one.",
    "budget": "Table: when sampling stops.",
    "limits": "Table: what one trial may take.",
    "skip": "Tables `[[skip]]`: what is not run, each with its reason.",
    "claim": "Tables `[[claim]]`: what a run is held against.",
    "plots": "Readings that the report draws first.",
    "papers": "Papers whose printed figures a report shows: `attnbench claims --papers`.",
    "training": "Table: how heads are trained, for the metric `accuracy`.",
    "gate": "Table: by which rules `attnbench gate` judges this suite.",
}
SWEEP = {
    "metrics": 'Names: `attnbench list metrics`. Your own is `"my_metric.py:function"`. Needed.',
    "device": '`"auto"` is the device of the run, `"meta"` none: counts and predictions alone.',
    "heads": "Heads of this sweep alone, in place of those of the suite.",
    "options": "`{ bases = [32, 64] }`: the sweep's heads with every combination of these options.",
}
AXIS = {
    "size": "Side of a square map, or `[height, width]`. `--set size=64,128x256`.",
    "channels": "C of the map.",
    "batch": "Maps at once.",
    "part": "The block on C channels; the whole head, from features to logits; the network, from "
    "an image; or the classifier with the block in it.",
    "dtype": "Of weights and maps. `tf32` is how NVIDIA GPUs round products of float32.",
    "mode": "Forward without gradients, or forward and backward.",
    "kernel": "As published, the same function by fewer steps, or `torch.compile`.",
    "backbone": "Of parts that read an image.",
}
BUDGET = {
    "rounds": "Fresh processes, each with all trials in another order; intervals are over them.",
    "min_samples": "Of a trial in a round, however long they take.",
    "max_seconds": "Of sampling, for a trial in a round.",
    "min_sample_seconds": "Shorter calls are timed several at a time.",
    "warmup_seconds": "Before the first sample.",
    "precision": "Half-width of the interval of the median, relative, at which sampling stops.",
}
LIMITS = {
    "seconds": "Until a trial is ended, and recorded as `timeout`.",
    "memory_bytes": 'Written `memory = "8 GB"`. What is predicted to need more is skipped, and so '
    "recorded.",
}
SKIP = {
    "reason": "Kept in the record. Needed.",
    "head": "Only this head; empty matches any, as of all that follow.",
    "device": "`cpu` or `cuda`.",
    "mode": "",
    "kernel": "",
    "dtype": "",
    "above": "Only maps of more pixels than a square one of this side.",
}
CLAIM = {
    "id": "Its name in tables. Needed.",
    "says": "The sentence. Needed.",
    "source": "Where it stands. Needed.",
    "check": "What decides it: a table with a `kind`, below.",
    "needs": "In place of a check: why no run decides it.",
}
RULES = {
    "margin": "Relative slow-down that does not matter.",
    "level": "Chance of a false alarm anywhere in the suite.",
    "pairs": "Pairs of processes a cell; 0: as many as the level needs.",
    "unclear": "What a gate does that cannot tell.",
    "tolerate": "Quantities of the exact tier with the relative change that is allowed.",
}


def page() -> str:
    """All of docs/suites.md. Raises KeyError for a key of the code that nothing is said of."""
    parts = [
        INTRODUCTION,
        "## The file\n",
        *_table(("key", "what"), [(f"`{key}`", TOP[key]) for key in KEYS]),
        "## `[[sweep]]`\n",
        *_table(("key", "what"), [(f"`{key}`", told) for key, told in SWEEP.items()]),
        AXES_ARE,
        *_table(("axis", "values", "default", "what"), [_axis(axis) for axis in AXES]),
        *_section("[budget]", Budget, BUDGET),
        *_section("[limits]", Limits, LIMITS),
        *_section("[[skip]]", Skip, SKIP),
        *_section("[[claim]]", Claim, CLAIM),
        *_checks(),
        *_section("[gate]", Rules, RULES),
        "## `[training]`\n",
        _prose(Training),
        *_table(("key", "type", "default"), [row[:3] for row in _rows(Training)]),
        "## Those that come with attnbench\n",
        " ".join(f"`{name}`" for name in suite_names()),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _section(title: str, kind: type, told: dict[str, str]) -> Iterator[str]:
    yield f"## `{title}`\n"
    rows = [(*row, told[row[0].strip("`")]) for row in _rows(kind)]
    yield from _table(("key", "type", "default", "what"), rows)


def _checks() -> Iterator[str]:
    """One part for each kind of check, from the union of their types."""
    kinds = [k for k in get_args(get_type_hints(Claim)["check"]) if k is not type(None)]
    common = [set(k.__struct_fields__) for k in kinds if k.__struct_config__.tag != "printed"]
    shared = set.intersection(*common)
    yield "### Checks\n"
    yield (
        "What a check finds has to lie `within` its bounds. All but `printed` name these; where a "
        "run has several, the settings say which one is meant, and empty ones match anything.\n"
    )
    names = [n for n in kinds[0].__struct_encode_fields__ if n in shared]
    yield from _table(
        ("key", "type", "default"), [r for r in _rows(kinds[0]) if r[0][1:-1] in names]
    )
    for kind in kinds:
        yield f'`kind = "{kind.__struct_config__.tag}"`: {_prose(kind)}'
        if own := [row for row in _rows(kind) if row[0][1:-1] not in shared or kind is kinds[-1]]:
            yield from _table(("key", "type", "default"), own)
    yield "Another head, where a check has two or more, is its name or a table of these:\n"
    yield from _table(("key", "type", "default"), _rows(Other))


def _axis(axis: str) -> tuple[str, str, str, str]:
    choices = ", ".join(f"`{c}`" if c else '`""`' for c in AXES[axis]) or "whole numbers"
    default = _spelt(DEFAULTS[axis][0]) if axis in DEFAULTS else "needed"
    return f"`{axis}`", choices, default, AXIS[axis]


def _rows(kind: type) -> list[tuple[str, str, str]]:
    hints = get_type_hints(kind)
    return [(f"`{name}`", _type(hints[field]), default) for name, field, default in _fields(kind)]


def _fields(kind: type) -> Iterator[tuple[str, str, str]]:
    """Name in a file, name in Python, default."""
    if is_dataclass(kind):
        for f in fields(kind):
            made = f.default_factory() if f.default_factory is not MISSING else f.default
            yield f.name, f.name, "needed" if made is MISSING else _spelt(made)
        return
    for f in msgspec.structs.fields(kind):
        made = f.default_factory() if f.default_factory is not msgspec.NODEFAULT else f.default
        yield f.encode_name, f.name, "needed" if made is msgspec.NODEFAULT else _spelt(made)


def _type(hint: Any) -> str:
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Literal:
        return ", ".join(f"`{_spelt(c)}`".replace("``", "`") for c in inside)
    if origin is tuple:
        kinds = [k for k in inside if k is not Ellipsis]
        return (
            f"list of {_type(kinds[0])}" if ... in inside else f"[{', '.join(map(_type, kinds))}]"
        )
    if origin is dict:
        return f"table of {_type(inside[1])}"
    if origin is UnionType or str(origin) == "typing.Union":
        told = [_type(k) for k in inside if k is not type(None)]
        return "a check" if len(told) > 5 else " or ".join(dict.fromkeys(told))
    plain = {str: "text", int: "whole number", float: "number", bool: "true, false"}
    return plain.get(hint, "table")


def _spelt(value: Any) -> str:
    """As TOML has it."""
    if value is None or value == {}:
        return "–"
    text = msgspec.json.encode(value).decode() if value != float("inf") else "inf"
    return f"`{text}`"


def _prose(kind: type) -> str:
    return " ".join((kind.__doc__ or "").split()) + "\n"


def _table(titles: tuple[str, ...], rows: Any) -> Iterator[str]:
    for cells in (titles, ["---"] * len(titles), *rows):
        yield "| " + " | ".join(c.replace("|", r"\|") for c in cells) + " |"
    yield ""


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
