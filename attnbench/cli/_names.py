"""What a shell may complete: names that there are, found without torch and within a moment."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from attnbench.errors import AttnbenchError

Found = list[str | CompletionItem]
FILE = CompletionItem("", type="file")  # the shell's own completion of paths
FOLDER = CompletionItem("", type="dir")


def heads(_context: click.Context, _param: click.Parameter, text: str) -> Found:
    """Heads; behind "ema:" options and their values, as in "ema:bases=32,gradient=through"."""
    from attnbench.heads import HEADS, describe

    name, colon, rest = text.partition(":")
    if not colon or name not in HEADS:
        return _beginning(HEADS, text) or [FILE]
    chosen, comma, last = rest.rpartition(",")
    known = _options(describe(name))
    known.pop("kernel", None)  # an axis, where it is typed
    return [f"{name}:{chosen}{comma}{each}" for each in _settings(known, last)]


def some_heads(_context: click.Context, _param: click.Parameter, text: str) -> Found:
    """Heads with commas between."""
    from attnbench.heads import HEADS

    return [*_listed(HEADS, text)]


def suites(_context: click.Context, _param: click.Parameter, text: str) -> Found:
    """Those that come with attnbench, or any file."""
    from attnbench.suite_file import suite_names

    return _beginning(suite_names(), text) or [FILE]


def runs(context: click.Context, param: click.Parameter, text: str) -> Found:
    """Run folders by name, the newest first, or any folder."""
    from attnbench.run_folders import runs_in

    named = context.params.get(param.name or "") or ()
    found = (path.name for path in reversed(runs_in(context.params.get("results") or _RESULTS)))
    return _beginning((name for name in found if name not in named), text) or [FOLDER]


def axes(context: click.Context, _param: click.Parameter, text: str) -> Found:
    """Axes, the numbers of a budget, the settings of a training where the suite has one."""
    from dataclasses import fields

    from attnbench.axes import AXES
    from attnbench.trial import Budget

    known = {**AXES, **{f.name: () for f in fields(Budget)}}
    return [*_settings(known | _training(context.params.get("suite_name")), text)]


def head_options(context: click.Context, _param: click.Parameter, text: str) -> Found:
    """Of the head that is named before."""
    from attnbench.heads import HEADS, describe

    name = next(iter(context.args), None)  # a line that ends in an option has no arguments yet
    return [*_settings(_options(describe(name)), text)] if name in HEADS else []


def data_options(context: click.Context, _param: click.Parameter, text: str) -> Found:
    """Of the data set that is named before."""
    from attnbench.train.datasets import DATASETS, describe

    name = context.params.get("dataset")
    return [*_settings(_options(describe(name)), text)] if name in DATASETS else []


def datasets(_context: click.Context, _param: click.Parameter, text: str) -> Found:
    from attnbench.train.datasets import DATASETS

    return _beginning(DATASETS, text)


def splits(context: click.Context, _param: click.Parameter, text: str) -> Found:
    """Of the data set that is named before, or of any."""
    from attnbench.train.datasets import DATASETS, describe

    name = context.params.get("dataset")
    asked = [name] if name in DATASETS else list(DATASETS)
    return _beginning(dict.fromkeys(s for n in asked for s in describe(n).keywords["splits"]), text)


def readings(_context: click.Context, _param: click.Parameter, text: str) -> Found:
    from attnbench.measure import units

    return _beginning(units(), text)


def metrics(_context: click.Context, _param: click.Parameter, text: str) -> Found:
    """Metrics, or a file with one."""
    from attnbench.measure import METRICS

    return _beginning(METRICS, text) or [FILE]


def papers(_context: click.Context, _param: click.Parameter, text: str) -> Found:
    from attnbench.papers.reading import paper_names

    return _beginning(paper_names(), text)


def devices(_context: click.Context, _param: click.Parameter, text: str) -> Found:
    """Whether they are there, only torch could tell."""
    return _beginning(("auto", "cpu", "cuda", "cuda:0", "cuda:1", "cuda:all"), text)


def anything(_context: click.Context, _param: click.Parameter, text: str) -> Found:
    """What `attnbench show` knows."""
    from attnbench.heads import HEADS
    from attnbench.measure import METRICS
    from attnbench.suite_file import suite_names
    from attnbench.train.datasets import DATASETS

    known = [*HEADS, *suite_names(), *METRICS, *DATASETS]
    return _beginning(dict.fromkeys(known), text) or [FILE]


_RESULTS = Path("results")


def _beginning(names: Iterable[str], text: str) -> Found:
    return [name for name in names if name.startswith(text)]


def _listed(names: Iterable[str], text: str) -> Iterable[str]:
    """Names for the last of several with commas between, of those that are not there yet."""
    chosen, comma, last = text.rpartition(",")
    used = chosen.split(",")
    return (chosen + comma + n for n in names if n.startswith(last) and n not in used)


def _settings(known: Mapping[str, Iterable[str]], text: str) -> Iterable[str]:
    """As in "dtype=" for "dt", and "dtype=float32,bfloat16" for "dtype=float32,b"."""
    name, equals, values = text.partition("=")
    if not equals:
        return (f"{n}=" for n in known if n.startswith(text))
    return (f"{name}={each}" for each in _listed(filter(None, known.get(name, ())), values))


def _options(declared) -> dict[str, tuple[str, ...]]:
    """Values by option, where they can be told."""
    return {
        name: tuple(map(_spelt, spec.choices or _truths(spec.default)))
        for name, spec in declared.options.items()
    }


def _truths(default: object) -> tuple[bool, ...]:
    return (True, False) if isinstance(default, bool) else ()


def _spelt(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _training(suite: str | None) -> dict[str, Iterable[str]]:
    """Settings of the training of a suite; none where it has none, or cannot be read."""
    import tomllib

    from attnbench.suite_file import suite_path
    from attnbench.train.datasets import DATASETS
    from attnbench.training import CHOICES
    from attnbench.training_table import SETTINGS

    try:
        table = tomllib.loads(suite_path(suite or "").read_text(encoding="utf-8"))
    except (AttnbenchError, OSError, ValueError):
        return {}
    known = CHOICES | {"dataset": tuple(DATASETS)}
    return {name: known.get(name, ()) for name in SETTINGS} if "training" in table else {}
