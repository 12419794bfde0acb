"""A history on a terminal, a row a step, and as JSON for a program."""

from collections import Counter
from collections.abc import Sequence
from math import isnan

from rich.console import Console
from rich.text import Text

from attnbench.cli._blocks import STYLES
from attnbench.cli._console import print_table, print_text, stdout
from attnbench.gate.outputs.wording import percent
from attnbench.history import Series
from attnbench.stats import Estimate
from attnbench.steps import Step, needed
from attnbench.units import quantity

_TITLES = ("head", "where", "runs", "change", "since", "code", "from", "to", "p")


def print_history(found: Sequence[Series], level: float, *, every: bool) -> None:
    """Steps, newest first; then how many series have none, and why."""
    console = stdout()
    with_steps = [(s, step) for s in found for step in s.steps]
    with_steps.sort(key=lambda pair: pair[0].points[pair[1].at].made, reverse=True)
    rows = [_row(series, step) for series, step in with_steps]
    rows += [_quiet(series) for series in found if every and not series.steps]
    if rows:
        print_table(console, _TITLES, rows, numbers=("runs", "from", "to", "p"))
    _print_tally(console, found, level)


def facts(found: Sequence[Series], level: float) -> dict[str, object]:
    """What a program gets: times are ISO 8601 in UTC, values in base units."""
    metric = found[0].metric if found else ""
    return {"metric": metric, "level": level, "series": [_told(series) for series in found]}


def change(ratio: Estimate) -> str:
    """As in "+18 % (+15 % to +21 %)"."""
    if isnan(ratio.value):
        return "from zero"
    if ratio.exact:
        return percent(ratio.value - 1)
    ends = f"{percent(ratio.low - 1)} to {percent(ratio.high - 1)}"
    return f"{percent(ratio.value - 1)} ({ends})"


def _row(series: Series, step: Step) -> list[str]:
    last, first = series.points[step.at - 1], series.points[step.at]
    source = "" if last.source == first.source else ", the head's code"
    code = first.code if first.code == last.code else f"{last.code} -> {first.code}"
    return [
        series.trial.label,
        series.where,
        str(len(series.points)),
        f"{'worse' if series.is_worse(step) else 'better'} {change(step.ratio)}",
        f"{first.made:%Y-%m-%d %H:%M} {first.run}",
        f"{code}{source}",
        quantity(step.before, series.unit),
        quantity(step.after, series.unit),
        f"{step.p:.2g}" if series.origin == "measured" else "exact",
    ]


def _quiet(series: Series) -> list[str]:
    last = series.points[-1]
    told = "no step" if series.word == "none" else series.word
    now = quantity(last.found.value, series.unit)
    row = [series.trial.label, series.where, str(len(series.points)), told]
    return [*row, f"{last.made:%Y-%m-%d %H:%M} {last.run}", last.code, "", now, ""]


def _print_tally(console: Console, found: Sequence[Series], level: float) -> None:
    words = Counter(series.word for series in found)
    worse = sum(s.is_worse(step) for s in found for step in s.steps)
    steps = sum(len(s.steps) for s in found)
    noun = "step" if steps == 1 else "steps"
    line = Text(f"{steps} {noun} in {words['step']} of {len(found)} series, {worse} for the worse")
    line.stylize(STYLES["bad"] if worse else STYLES["good"])
    console.print(line, soft_wrap=True)
    if any(s.origin == "measured" for s in found) and words["step"]:
        print_text(
            console,
            f"Of the series with a step, {100 * level:g} % are expected to have none in truth; "
            "a machine that has slow days shows more.",
        )
    if words["too few runs"]:
        most = max(len(s.points) for s in found if s.word == "too few runs")
        told = f"{_series(words['too few runs'])} too few runs: {most} at most"
        print_text(console, f"{told}, and below {needed(level)} no step can be told from noise.")
    if words["no ratio"]:
        told = f"{_series(words['no ratio'])} values that are not above zero"
        print_text(console, f"{told}: no ratio is to be had of them, and no step is looked for.")


def _series(number: int) -> str:
    return f"{number} series {'has' if number == 1 else 'have'}"


def _told(series: Series) -> dict[str, object]:
    trial = series.trial
    return {
        "head": trial.head,
        "label": trial.label,
        "key": trial.key,
        "where": series.where,
        "shape": list(trial.shape),
        "device": trial.device,
        "unit": series.unit,
        "better": series.better,
        "origin": series.origin,
        "word": series.word,
        "points": [
            {
                "run": p.run,
                "made": p.made.isoformat(),
                "code": p.code,
                "source": p.source,
                "value": p.found.value,
                "low": p.found.low,
                "high": p.found.high,
            }
            for p in series.points
        ],
        "steps": [_told_step(series, step) for step in series.steps],
    }


def _told_step(series: Series, step: Step) -> dict[str, object]:
    last, first = series.points[step.at - 1], series.points[step.at]
    return {
        "at": step.at,
        "run": first.run,
        "made": first.made.isoformat(),
        "code": first.code,
        "code_before": last.code,
        "head_changed": last.source != first.source,
        "is_worse": series.is_worse(step),
        "before": step.before,
        "after": step.after,
        "ratio": step.ratio.value,
        "low": step.ratio.low,
        "high": step.ratio.high,
        "p": step.p,
    }
