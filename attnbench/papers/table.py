"""Printed figures beside ours as rows of text, for the command line, the page and docs/papers.md.

A printed number never stands without what it counts.
"""

from dataclasses import dataclass

from attnbench.papers.agreement import Verdict
from attnbench.papers.figures import Figure, Paper, Papers, Table, full_name
from attnbench.papers.rules import RULES
from attnbench.papers.words import structure_words
from attnbench.units import digits

QUANTITIES = {
    "gflops": "work",
    "mac_ratio": "ratio of work",
    "gflops_ratio": "ratio of work",
    "gflops_saving": "saving of work",
    "params": "parameters",
    "params_ratio": "ratio of parameters",
    "memory_mb": "memory",
    "memory_gb": "memory",
    "memory_ratio": "ratio of memory",
    "latency_ms": "time",
    "fps": "speed",
    "train_fps": "speed of training",
    "train_s_per_iter": "time of a training step",
    "miou": "mIoU",
    "top1": "top-1 accuracy",
    "ap_box": "box AP",
    "ap_mask": "mask AP",
}
TITLES = ("figure", "what", "printed", "counts", "ours", "difference", "by attnbench", "verdict")
NOTHING = "–"


@dataclass(frozen=True)
class Row:
    """A figure, `name` being its id without that of the paper. `own` is what attnbench says of the
    same structure in its own convention, `how` what was built.
    """

    name: str
    what: str
    printed: str
    convention: str
    ours: str
    difference: str
    own: str
    word: str
    why: str
    how: str


def row(verdict: Verdict, paper: Paper, papers: Papers) -> Row:
    figure = verdict.figure
    why = figure.reason if verdict.word == "not reproducible" else ""
    return Row(
        name=figure.id.partition(".")[2],
        what=QUANTITIES.get(figure.quantity, figure.quantity.replace("_", " ")),
        printed=_with_unit(figure.printed, figure),
        convention=convention(figure),
        ours=NOTHING if verdict.ours is None else _with_unit(number(verdict.ours), figure),
        difference=NOTHING if verdict.difference is None else percent(verdict.difference),
        own=_own(verdict),
        word=verdict.word,
        why=why or "; ".join(filter(None, (verdict.held, *verdict.differs_by))),
        how=how(figure, paper, papers),
    )


def rows(table: Table, paper: Paper, papers: Papers, found: dict[str, Verdict]) -> list[Row]:
    """Of the figures that arithmetic can check."""
    return [row(found[f.id], paper, papers) for f in table.all if f.agrees]


def convention(figure: Figure) -> str:
    """What the number counts, in a few words."""
    ours = figure.ours
    if ours is not None and ours.given_over:
        return "two printed figures"
    if ours is not None:
        power = "30" if figure.unit == "G" else "20"
        return f"{ours.by}, {figure.unit} = 2^{power}" if ours.binary else ours.by
    if figure.quantity.startswith(("gflops", "mac")):
        known = {"macs": "MACs", "flops": "FLOPs, 2 a multiply-add"}
        return known.get(figure.convention, "FLOPs or MACs: not known")
    if figure.quantity == "params":
        return "M = 10^6 or 2^20: not known"
    if figure.quantity == "memory_mb":
        return "what is in it: not known"
    return ", ".join(filter(None, (figure.part, figure.input, figure.hardware))) or NOTHING


def how(figure: Figure, paper: Paper, papers: Papers) -> str:
    """What was built for ours: "3x3 2048→512 + isa layers=1 on 512 at 128x128"."""
    ours = figure.ours
    if ours is None:
        return ""
    if ours.given_over:
        return f"{ours.given} over {ours.given_over}, both as printed"
    built = structure_words(ours.of, paper.name, papers)
    if ours.given:
        built = f"{papers.figures[ours.given].printed} as printed + {built}"
    note = papers.structures[full_name(ours.of, paper.name)].note
    built = f"{built} ({note})" if note else built
    if ours.over:
        under = structure_words(ours.over, paper.name, papers)
        built = f"1 - ({built}) / ({under})" if ours.saving else f"({built}) / ({under})"
    return built


def number(value: float) -> str:
    """With five digits, as many as the papers ever print."""
    return f"{value:.5g}" if value >= 0.001 else digits(value, 3)


def percent(difference: float) -> str:
    """With its sign, unless it is none to one decimal: "+1.2 %", "0.0 %"."""
    text = f"{100 * difference:+.1f} %".replace("-", "−")
    return "0.0 %" if text[1:] == "0.0 %" else text


def used_rules(papers: list[Paper]) -> list[str]:
    """Names of the counting rules that figures of these papers are recounted by."""
    used = {f.ours.by for p in papers for f in p.figures if f.ours}
    return [name for name in RULES if name in used]


def _own(verdict: Verdict) -> str:
    """FLOPs of the structure, or the peak of memory that is predicted for it."""
    if verdict.own is None:
        return NOTHING
    if verdict.figure.quantity == "gflops":
        return f"{number(verdict.own / 1e9)} GFLOP"
    return f"{number(verdict.own / 2**20)} MiB"


def _with_unit(text: str, figure: Figure) -> str:
    unit = "" if figure.unit == "ratio" else figure.unit
    return f"{text} {unit}".strip()
