"""The printed figures of the literature beside ours, counted now: what `claims --papers` prints."""

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attnbench.cli._json import print_json
from attnbench.cli._notes import is_verbose
from attnbench.cli._progress import progress

if TYPE_CHECKING:
    from rich.console import Console

    from attnbench.papers.agreement import Numbers, Verdict
    from attnbench.papers.figures import Paper, Papers


def print_papers(paper: str = "", *, as_json: bool = False, every: bool = False) -> bool:
    """Recounts and prints; `paper` alone, if named. Whether arithmetic gives what it gave.

    Raises UnknownNameError for a paper that is not there. `every`, or --verbose, prints figures
    that arithmetic cannot check, too.
    """
    every = every or is_verbose()
    from attnbench.papers.agreement import verdicts
    from attnbench.papers.reading import papers

    known = papers()
    chosen = [known.named(paper, "--paper")] if paper else list(known)
    numbers = recounted(known)
    found = verdicts(known, numbers)
    shown = [found[f.id] for p in chosen for f in p.figures]
    if as_json:
        print_json([_told(v) for v in shown])
    else:
        _print(chosen, known, found, numbers, every=every or bool(paper))
        _print_tally(shown)
    return all(v.word != "differs" for v in shown)


def recounted(papers: "Papers") -> "Numbers":
    """Every figure counted anew, by id."""
    from attnbench.measure._no_compiler import without_compiler
    from attnbench.measure._recount import recount

    gc.disable()  # a tenth of the time would go into looking for garbage, of which there is none
    try:
        with without_compiler(), progress() as tell:
            return recount(papers, tell)
    finally:
        gc.enable()


def write_papers(page: Path) -> list[Path]:
    """Keeps a new recount for the report, and writes the page of it: what was written."""
    from attnbench.papers.agreement import STORED, as_stored
    from attnbench.papers.page import markdown
    from attnbench.papers.reading import papers

    numbers = recounted(papers())
    STORED.write_text(as_stored(numbers), encoding="utf-8")
    page.write_text(markdown(papers(), numbers), encoding="utf-8")
    return [STORED, page]


def _print(
    chosen: "list[Paper]",
    known: "Papers",
    found: "dict[str, Verdict]",
    numbers: "Numbers",
    *,
    every: bool,
) -> None:
    from attnbench.cli._console import print_text, stdout
    from attnbench.papers.rules import RULES
    from attnbench.papers.table import used_rules

    console = stdout()
    for paper in chosen:
        _print_paper(console, paper, known, found, every=every)
        _print_curves(console, paper, numbers, every=every)
        if every:
            _print_zoo(console, paper)
    rules = used_rules(chosen)
    if rules:
        print_text(console, "What is counted:")
        print_text(console, *(f"  {name}: {RULES[name].says}" for name in filter(None, rules)))


def _print_paper(
    console: "Console",
    paper: "Paper",
    known: "Papers",
    found: "dict[str, Verdict]",
    *,
    every: bool,
) -> None:
    """One table of all its figures that are shown."""
    from attnbench.cli._console import print_table, print_text
    from attnbench.papers.table import TITLES, row, rows

    lines = [
        [r.name, r.what, r.printed, r.convention, r.ours, r.difference, r.own, r.word, r.why]
        for table in paper.table
        for r in rows(table, paper, known, found)
    ]
    others = [row(found[f.id], paper, known) for f in paper.figures if not f.agrees]
    if lines or (every and others):
        print_text(console, paper.title)
    if lines:
        numbers = ("printed", "ours", "difference", "by attnbench")
        print_table(console, (*TITLES, "why"), lines, numbers=numbers)
    if every and others:
        print_text(console, "Not by arithmetic:")
        lines = [[r.name, r.what, r.printed, r.convention] for r in others]
        print_table(console, ("figure", "what", "printed", "of what"), lines, numbers=("printed",))


def _print_curves(console: "Console", paper: "Paper", numbers: "Numbers", *, every: bool) -> None:
    """Those that are recounted, and with `every` the others."""
    from attnbench.cli._console import print_table
    from attnbench.papers.table import number, percent

    for series in paper.series:
        counts = f" ({series.ours.by})" if series.ours else ""
        printed = f"{series.figure}, {series.id.rpartition('.')[2]}: {series.y_name}{counts}"
        ours = numbers.series.get(series.id)
        rows = [[f"{x:g}", f"{y:g}"] for x, y in zip(series.x, series.y, strict=True)]
        titles = (series.x_name, printed)
        if ours:
            both = zip(series.y, ours, strict=True)
            more = [[number(our), percent(our / y - 1)] for y, our in both]
            rows = [[*a, *b] for a, b in zip(rows, more, strict=True)]
            titles = (*titles, "ours", "difference")
        if ours or every:
            print_table(console, titles, rows, numbers=titles)


def _print_zoo(console: "Console", paper: "Paper") -> None:
    from attnbench.cli._console import print_table, print_text
    from attnbench.papers.table import NOTHING

    columns = ("memory_gb", "fps", "miou_20k", "miou_40k", "miou_80k", "miou_160k")
    for zoo in paper.zoo:
        print_text(console, f"{zoo.backbone}, {zoo.dataset}, {zoo.crop}: training peak, frames/s")
        rows = [
            [m.head, *(NOTHING if (v := getattr(m, c)) is None else f"{v:g}" for c in columns)]
            for m in zoo.models
        ]
        print_table(console, ("head", *columns), rows, numbers=columns)


def _print_tally(shown: "list[Verdict]") -> None:
    from attnbench.cli._console import say
    from attnbench.papers.agreement import TO_THE_DIGIT, tally

    counted = ", ".join(f"{word} {n}" for word, n in tally(shown).items())
    exact = sum(v.held == TO_THE_DIGIT for v in shown)
    say(f"{len(shown)} printed figures: {counted}; {exact} agree to the last printed digit")


def _told(verdict: "Verdict") -> dict[str, Any]:
    """What a program gets of a figure: numbers in the printed unit."""
    from attnbench.papers.table import convention

    figure = verdict.figure
    return {
        "id": figure.id,
        "head": figure.head,
        "quantity": figure.quantity,
        "printed": figure.printed,
        "unit": figure.unit,
        "counts": convention(figure),
        "input": figure.input,
        "part": figure.part,
        "source": figure.source,
        "ours": verdict.ours,
        "difference": verdict.difference,
        "by_attnbench": verdict.own,
        "verdict": verdict.word,
        "held": verdict.held,
        "differs_by": list(verdict.differs_by),
        "reason": figure.reason,
        "note": figure.note,
    }
