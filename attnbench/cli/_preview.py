"""What `attnbench run --dry-run` prints: the plan, what will not fit, and how long it may take."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from attnbench.cli._console import print_table, print_text, stdout
from attnbench.kinds import NO_DEVICE
from attnbench.run.expected import Expected
from attnbench.run.preview import Preview, size
from attnbench.suite import Planned
from attnbench.trial import Shape, Trial
from attnbench.units import duration, quantity

UNKNOWN = "–"
_NUMBERS = ("trials", "rounds", "records", "MACs", "FLOPs", "memory")


def print_preview(found: Preview, *, every: bool) -> None:
    """A row a head with its largest map, or with `every` a row a trial."""
    console, suite = stdout(), found.suite
    threads = f", {found.threads} CPU thread{'s' if found.threads > 1 else ''}"
    print_text(
        console,
        f"{suite.name}: {suite.title}",
        f"on {found.device}{threads}; nothing is measured, and no folder is made",
    )
    print_table(console, ("what", "trials", "rounds", "records"), _groups(found), _NUMBERS)
    titles = ("head", "on", "trials", "maps", "MACs", "FLOPs", "memory")
    if every:
        titles = ("head", "on", "mode", "type", "map", "MACs", "FLOPs", "memory")
    rows = _trials(found) if every else _heads(found)
    print_table(console, titles, rows, _NUMBERS)
    of = "" if every else ", of the largest map, trained where one is"
    print_text(
        console,
        "MACs (a multiply-add is one) and FLOPs (it is two) are of the forward pass, memory is "
        f"the predicted peak with weights and input{of}.",
        "",
    )
    _print_left_out(console, found)
    print_text(console, *expectation(found.expected))


def facts(found: Preview) -> dict[str, Any]:
    """What a program gets."""
    return {
        "suite": found.suite.name,
        "device": found.device,
        "threads": found.threads,
        "heads": list(dict.fromkeys(p.trial.label for p in found.planned)),
        "metrics": [
            dict(zip(("what", "trials", "rounds", "records"), _group(*each), strict=True))
            for each in _counted(found).items()
        ],
        "allowed_bytes": found.allowed,
        "trials": [_trial_facts(found, p) for p in found.planned],
        "expected": {
            "seconds": found.expected.seconds,
            "records": found.expected.records,
            "records_from_run": found.expected.from_run,
            "run": found.expected.run or None,
            "nominal_flops_per_second": found.expected.rate,
            "metrics_unknown": list(found.expected.unknown),
        },
    }


def expectation(e: Expected) -> list[str]:
    """How long, and how that was reckoned."""
    told = [f"expected: {'more than' if e.unknown else 'about'} {duration(e.seconds)}"]
    nominal = f"by the budget, their FLOPs and a nominal {quantity(e.rate, 'FLOPs/s', 2)}"
    if e.from_run == e.records:
        told.append(f"  as {e.run} took on this machine")
    elif e.from_run:
        told.append(f"  {e.from_run} of {e.records} records as {e.run} took, the others {nominal}")
    else:
        told.append(f"  {nominal}: no earlier run on this machine has these trials")
    if e.unknown:
        told.append(f"  without {', '.join(e.unknown)}, of which nothing is known before")
    return told


def _print_left_out(console: Any, found: Preview) -> None:
    too_large = found.too_large
    if too_large:
        print_text(console, "will not fit, and be skipped")
        rows = [
            [*_named(p.trial), too_large[p.trial.key]]
            for p in found.to_do
            if p.trial.key in too_large
        ]
        print_table(console, ("head", "map", "mode", "why"), rows)
    if skipped := Counter(p.skipped for p in found.planned if p.skipped):
        print_text(console, "the suite skips")
        rows = [[str(number), reason] for reason, number in skipped.most_common()]
        print_table(console, ("trials", "why"), rows, _NUMBERS)
    refused = {
        f"{p.trial.label}  {p.trial.shape}  {p.trial.mode}: {need.why}"
        for p in found.to_do
        if (need := found.needs.get(p.trial.key)) and need.why
    }
    if refused:
        print_text(console, "not built", *(f"  {line}" for line in sorted(refused)), "")


def _named(trial: Trial) -> list[str]:
    return [trial.label, str(trial.shape), trial.mode]


def _counted(found: Preview) -> dict[tuple[str, tuple[str, ...]], tuple[int, int, int]]:
    """Trials, rounds and records of each group: where it runs, and its metrics."""
    records = Counter(
        t.trial.key
        for part in (found.work.counted, found.work.trained, found.work.timed)
        for t in part
    )
    groups: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for p in found.to_do:
        groups.setdefault((_where(p.trial), p.metrics), []).append(records[p.trial.key])
    return {group: (len(each), max(each), sum(each)) for group, each in groups.items()}


def _group(group: tuple[str, tuple[str, ...]], counts: Sequence[int]) -> tuple[Any, ...]:
    where, metrics = group
    return f"{where}: {', '.join(metrics)}", *counts


def _groups(found: Preview) -> list[list[str]]:
    return [list(map(str, _group(*each))) for each in _counted(found).items()]


def _where(trial: Trial) -> str:
    return "counts" if trial.device == NO_DEVICE else trial.device


def _heads(found: Preview) -> list[list[str]]:
    lines: dict[tuple[str, str], list[Trial]] = {}
    for p in found.to_do:
        lines.setdefault((p.trial.label, _where(p.trial)), []).append(p.trial)
    return [
        [label, where, str(len(trials)), _maps(trials), *_need(found, max(trials, key=size))]
        for (label, where), trials in lines.items()
    ]


def _trials(found: Preview) -> list[list[str]]:
    return [
        [t.label, _where(t), t.mode, t.dtype, str(t.shape), *_need(found, t)]
        for t in (p.trial for p in found.to_do)
    ]


def _need(found: Preview, trial: Trial) -> list[str]:
    need = found.needs.get(trial.key)
    told = (
        [] if need is None else [(need.macs, "MACs"), (need.flops, "FLOPs"), (need.peak, "bytes")]
    )
    return [UNKNOWN if v is None else quantity(v, unit) for v, unit in told] or [UNKNOWN] * 3


def _maps(trials: Iterable[Trial]) -> str:
    """As in "16 to 96", or "16x32 to 96x192"."""
    ordered = [t.shape for t in sorted(trials, key=size)]
    return " to ".join(dict.fromkeys(map(_side, (ordered[0], ordered[-1]))))


def _side(shape: Shape) -> str:
    is_square = shape.height == shape.width
    return str(shape.height) if is_square else f"{shape.height}x{shape.width}"


def _trial_facts(found: Preview, planned: Planned) -> dict[str, Any]:
    trial, need = planned.trial, found.needs.get(planned.trial.key)
    return {
        "head": trial.head,
        "label": trial.label,
        "key": trial.key,
        "shape": list(trial.shape),
        **{name: getattr(trial, name) for name in ("part", "dtype", "device", "mode", "kernel")},
        "metrics": list(planned.metrics),
        "skipped": planned.skipped or found.too_large.get(trial.key),
        "macs": need and need.macs,
        "flops": need and need.flops,
        "peak_bytes": need and need.peak,
        "refused": (need and need.why) or None,
    }
