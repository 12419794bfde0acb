"""What the explorer of the page draws from: a row a trial, and of each metric the values.

Rows and metrics are dropped, and named, where the page would grow too large.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from math import isfinite, isnan

import msgspec

from attnbench.kinds import NO_DEVICE
from attnbench.report.document import Chapter
from attnbench.report.evidence import Evidence, Value
from attnbench.report.looks import family, look
from attnbench.report.palette import LIGHT
from attnbench.report.payload import plain, short
from attnbench.report.quantities import KNOWN
from attnbench.report.shown import answered
from attnbench.trial import Trial
from attnbench.units import steps

NAME, TITLE, ORDER = "explore", "Explore the run", 65  # its place is among those of the sections
MOST_BYTES = 8_000_000  # of the whole payload
MOST_TRIALS = 60_000
SYMBOLS = {  # markers as Plotly names them
    "o": "circle", "s": "square", "D": "diamond", "^": "triangle-up", "v": "triangle-down",
    "P": "cross",
}  # fmt: skip
LEAST_BYTES = 4  # of a value: a digit and its trial's, each with a comma
# The most useful first; of the others those of fewest dots.
FIRST = (*KNOWN, "accuracy", "params", "flops.counted", "macs.modelled", "memory.reserved")
Placed = list[tuple[int, Value]]  # values with the places of their trials


@dataclass(frozen=True)
class Field:
    """A property of trials: its words, and for each trial the place of its word."""

    name: str
    words: tuple[str, ...]
    at: tuple[int, ...]


@dataclass(frozen=True)
class Metric:
    """Values in base units, each of the trial at the same place of `trials`.

    `halves` are half of each interval, none where no value has one; `rounds` is a single number
    where all values share it.
    """

    name: str
    title: str
    unit: str
    origins: tuple[str, ...]  # mostly one
    multiples: tuple[tuple[str, float], ...]  # in which it is printed: unit and divisor
    trials: tuple[int, ...]
    values: tuple[float | int, ...]
    halves: tuple[float | int | None, ...]
    rounds: tuple[int, ...]


@dataclass(frozen=True)
class View:
    """What is seen first: names of metrics or sizes, and the words of fields that are kept."""

    x: str
    y: str
    filters: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Payload:
    """All that the explorer's script is given. Fields and metrics are in the order of choices."""

    keys: tuple[str, ...]
    fields: tuple[Field, ...]
    families: tuple[str, ...]  # of the words of the field head
    colours: tuple[str, ...]  # variables of the page's style, of the same words
    looks: tuple[str, ...]  # ids of their pictures on the page, of the same words
    markers: tuple[str, ...]  # names of symbols, of the same words
    dashes: tuple[tuple[float, ...], ...]  # in widths of a line; () if solid, of the same words
    palette: tuple[str, ...]  # the same for other words
    sides: tuple[tuple[int, int], ...]  # height and width of the words of the field size
    metrics: tuple[msgspec.Raw, ...]
    view: View
    no_device: str
    left_out: tuple[str, ...]  # metrics
    trials_left_out: int


@dataclass(frozen=True)
class Explorer:
    """The block of the page: the data, and what to say of it."""

    payload: Payload
    block: str = "explorer"


def colour(head: str) -> str:
    """The variable of the page's style that holds the colour of a head."""
    return f"--head-{look(head).slot}"


def explored(evidence: Evidence) -> Chapter | None:
    """The chapter, or None for a run without a reading."""
    found = payload(evidence)
    return Chapter(NAME, TITLE, (Explorer(found),)) if found.metrics else None


def payload(
    evidence: Evidence, most_bytes: int = MOST_BYTES, most_trials: int = MOST_TRIALS
) -> Payload:
    """As much of the run as fits: first trials in the order of the page, then metrics by use."""
    measured = [t for k, t in evidence.trials.items() if k in evidence.measured_keys]
    measured.sort(key=evidence.place)
    trials = measured[:most_trials]
    fields = tuple(_fields(trials))
    keys = tuple(t.key for t in trials)
    left = most_bytes - len(msgspec.json.encode((keys, fields)))
    kept, left_out = _within(left, _by_metric(evidence, keys))
    words = {f.name: f.words for f in fields}
    found = tuple(dict.fromkeys(t.head for t in trials))
    return Payload(
        keys=keys,
        fields=fields,
        families=tuple(family(head) or "other" for head in found),
        colours=tuple(map(colour, found)),
        looks=tuple(look(head).name for head in found),
        markers=tuple(SYMBOLS[look(head).marker] for head in found),
        dashes=tuple(look(head).dash for head in found),
        palette=tuple(f"--head-{i}" for i in range(len(LIGHT))),
        sides=tuple(tuple(map(int, word.split("x"))) for word in words["size"]),
        metrics=tuple(kept.values()),
        view=_view(evidence, trials, kept.keys()),
        no_device=NO_DEVICE,
        left_out=tuple(left_out),
        trials_left_out=len(measured) - len(trials),
    )


def _fields(trials: Sequence[Trial]) -> Iterable[Field]:
    yield _field("head", [t.head for t in trials])
    yield _field("options", [_options(t) for t in trials])
    yield _field("kernel", [t.kernel for t in trials])
    yield _field("mode", [t.mode for t in trials])
    yield _field("part", [t.part for t in trials])
    yield _field("backbone", [t.backbone or "none" for t in trials])
    yield _field("dtype", [t.dtype for t in trials])
    yield _field("device", [t.device for t in trials])
    yield _ordered("batch", [(t.shape.batch, str(t.shape.batch)) for t in trials])
    yield _ordered("channels", [(t.shape.channels, str(t.shape.channels)) for t in trials])
    yield _ordered(
        "size",
        [((t.shape.pixels, t.shape.height), f"{t.shape.height}x{t.shape.width}") for t in trials],
    )


def _options(t: Trial) -> str:
    """As in the label, which is head, options and kernel."""
    return " ".join(f"{k}={v}" for k, v in sorted(t.options.items()))


def _field(name: str, words: Sequence[str]) -> Field:
    """In the order in which they first come."""
    places = {word: i for i, word in enumerate(dict.fromkeys(words))}
    return Field(name, tuple(map(plain, places)), tuple(places[w] for w in words))


def _ordered(name: str, ranked: Sequence[tuple]) -> Field:
    """Words with what they are ordered by."""
    places = {word: i for i, (_, word) in enumerate(sorted(set(ranked)))}
    return Field(name, tuple(places), tuple(places[word] for _, word in ranked))


def _by_metric(evidence: Evidence, keys: Sequence[str]) -> dict[str, Placed]:
    """The values of each metric with the places of their trials; the most useful metric first."""
    places = {key: i for i, key in enumerate(keys)}
    found: dict[str, Placed] = {}
    for (key, name), value in evidence.values.items():
        place = places.get(key)
        if place is not None and isfinite(value.estimate.value):
            found.setdefault(name, []).append((place, value))
    return {name: sorted(found[name], key=lambda f: f[0]) for name in sorted(found, key=_use)}


def _use(name: str) -> tuple:
    return (FIRST.index(name) if name in FIRST else len(FIRST), name.count("."), name)


def _metric(name: str, found: Placed) -> Metric:
    values = [v for _, v in found]
    unit = values[0].unit
    halves = tuple(_half(v) for v in values)
    rounds = tuple(len(v.rounds) for v in values)
    title = KNOWN.get(name, "mean IoU" if name == "accuracy" else name)
    return Metric(
        name=plain(name),
        title=plain(title),
        unit=plain(unit),
        origins=tuple(dict.fromkeys(v.origin for v in values)),
        multiples=tuple(steps(unit)),
        trials=tuple(place for place, _ in found),
        values=tuple(short(v.estimate.value) for v in values),
        halves=halves if any(halves) else (),
        rounds=rounds if len(set(rounds)) > 1 else rounds[:1],
    )


def _half(value: Value) -> float | int | None:
    """Half of the interval: that of a mean lies evenly around it."""
    half = (value.estimate.high - value.estimate.low) / 2
    return None if isnan(half) or half == 0 else float(f"{half:.3g}")


def _within(most_bytes: int, found: dict[str, Placed]) -> tuple[dict[str, msgspec.Raw], list[str]]:
    """The JSON of metrics while it fits, and the names of those that do not."""
    kept, left_out = {}, []
    for name, values in found.items():
        encoded = b""
        if len(values) * LEAST_BYTES <= most_bytes:
            encoded = msgspec.json.encode(_metric(name, values))
        if not encoded or len(encoded) > most_bytes:
            left_out.append(plain(name))
            continue
        most_bytes -= len(encoded)
        kept[name] = msgspec.Raw(encoded)
    return kept, left_out


def _view(evidence: Evidence, trials: Sequence[Trial], metrics: Set[str]) -> View:
    """Cost over size in inference, at the setting of the answer; of one size, by its MACs."""
    trained = {t.shape for t in trials if (t.key, "accuracy") in evidence.values}
    if len(trained) == 1 and {"accuracy", "macs.counted"} <= metrics:
        return View("macs.counted", "accuracy", {})
    wanted = ("latency", "memory_predicted", "macs.counted", *sorted(metrics))
    y = next((m for m in wanted if m in metrics), "")
    shown = [t for t in trials if (t.key, y) in evidence.values]
    others = [m for m in ("macs.counted", "memory_predicted") if m in metrics and m != y]
    is_one_size = len({t.shape.pixels for t in shown}) == 1
    x = others[0] if is_one_size and others else "pixels"
    return View(x, y, _filters(evidence, shown))


def _filters(evidence: Evidence, shown: Sequence[Trial]) -> dict[str, tuple[str, ...]]:
    """One setting of several: only lines of one can be held against each other."""
    at = answered(evidence)
    if at is None or not shown:
        return {}
    model = next((t for t in shown if t.key in at.keys.values()), shown[0])
    if any(t.mode == "inference" for t in shown):
        shown = [t for t in shown if t.mode == "inference"]
        mode = "inference"
    else:
        mode = model.mode
    wanted = {
        "mode": (mode, [t.mode for t in shown]),
        "part": (model.part, [t.part for t in shown]),
        "dtype": (model.dtype, [t.dtype for t in shown]),
        "device": (model.device, [t.device for t in shown]),
        "batch": (str(model.shape.batch), [str(t.shape.batch) for t in shown]),
        "channels": (str(model.shape.channels), [str(t.shape.channels) for t in shown]),
    }
    return {
        name: (plain(word),)
        for name, (word, others) in wanted.items()
        if (len(set(others)) > 1 or name == "mode") and word != NO_DEVICE
    }
