"""docs/papers.md, made from the data: printed figures beside ours."""

from collections.abc import Iterable, Iterator, Sequence

from attnbench.papers.agreement import (
    APPROX,
    EXACT,
    MEANING,
    TO_THE_DIGIT,
    Numbers,
    Verdict,
    tally,
    verdicts,
)
from attnbench.papers.figures import Ours, Paper, Papers, Series, Table
from attnbench.papers.rules import RULES
from attnbench.papers.table import NOTHING, TITLES, number, percent, rows, used_rules
from attnbench.papers.words import structure_words

INTRODUCTION = f"""# Printed figures of the papers

What the literature prints of attention heads, held against what attnbench counts. Each structure is
built as the paper counts it, of attnbench's own heads where that can be, on tensors without data,
and counted by the rule of the paper. The column *by attnbench* has the same structure in our own
convention, so that rows of two papers can be compared: FLOPs (2 for every multiply-add, and the
rest as in [method](method.md)), or the peak of memory that we predict for inference, with weights
and without input. A printed number *agrees* to its last digit or within {100 * EXACT:g} %; where
the verdict says so, within {100 * APPROX:g} % or one unit of the last printed digit.

This page is made by `attnbench claims --write docs/papers.md` from `attnbench/papers/*.toml`, where
the figures that need a training or a device (accuracy, time) stand as well, each with its source.
`attnbench claims --papers` recounts them.
"""


def markdown(papers: Papers, numbers: Numbers) -> str:
    found = verdicts(papers, numbers)
    parts = [
        INTRODUCTION,
        *_verdict_words(list(found.values())),
        *_rules(list(papers)),
        *(line for paper in papers for line in _paper(paper, papers, found, numbers)),
        *_not_reproducible(found.values()),
        *_contradictions(papers),
        *_missing(papers),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _verdict_words(found: Sequence[Verdict]) -> Iterator[str]:
    yield "## The verdicts\n"
    counted = tally(found)
    lines = [(w, str(n), MEANING[w]) for w, n in counted.items()]
    yield from _grid(("verdict", "figures", "means"), lines)
    exact = sum(v.held == TO_THE_DIGIT for v in found)
    yield f"{exact} of them agree to the last printed digit.\n"


def _rules(papers: list[Paper]) -> Iterator[str]:
    yield "## What is counted\n"
    lines = [(name, RULES[name].says, RULES[name].source) for name in used_rules(papers)]
    yield from _grid(("rule", "counts", "known from"), lines)
    yield "By table, in the words of whoever worked it out:\n"
    tables = [(p, t) for p in papers for t in p.table if t.counts]
    lines = [(f"{_short(p)}, {t.name}", t.counts, t.units) for p, t in tables]
    yield from _grid(("table", "counts", "units"), lines)


def _paper(
    paper: Paper, papers: Papers, found: dict[str, Verdict], numbers: Numbers
) -> Iterator[str]:
    tables = [t for t in paper.table if any(f.agrees for f in t.all)]
    if not tables:
        return
    arxiv = f", arXiv {paper.arxiv}" if paper.arxiv else ""
    yield f"## {paper.title}{arxiv}\n"
    for table in tables:
        yield from _table(table, paper, papers, found)
    for series in paper.series:
        if series.ours and series.id in numbers.series:
            yield from _curve(series, series.ours, numbers.series[series.id], paper, papers)


def _curve(
    series: Series, recipe: Ours, ours: list[float], paper: Paper, papers: Papers
) -> Iterator[str]:
    built = structure_words(recipe.of, paper.name, papers).rpartition(" at ")[0]
    yield f"### {_short(paper)}, {series.figure}, {series.head}: {series.y_name}\n"
    yield f"{_sentence(series.how)} {_sentence(series.note)} Ours: {built}, {recipe.by}.\n"
    points = zip(series.x, series.y, ours, strict=True)
    lines = [(f"{x:g}", f"{y:g}", number(z), percent(z / y - 1)) for x, y, z in points]
    yield from _grid((series.x_name, "printed", "ours", "difference"), lines)


def _table(table: Table, paper: Paper, papers: Papers, found: dict[str, Verdict]) -> Iterator[str]:
    yield f"### {_short(paper)}, {table.name}\n"
    told = {"Input": table.input, "What": table.part, "Hardware": table.hardware}
    words = [f"{name}: {text}." for name, text in told.items() if text]
    yield " ".join([*words, f"Source: {table.source}."]) + "\n"
    lines = []
    for row in rows(table, paper, papers, found):
        verdict = f"{row.word}: {row.why}" if row.why else row.word
        counted = (row.printed, row.convention, row.ours, row.difference, row.own)
        lines.append((row.name, row.what, *counted, verdict, row.how or NOTHING))
    yield from _grid((*TITLES, "how"), lines)
    noted = [f for f in table.all if f.agrees and f.note]
    yield from (f"- `{f.id.partition('.')[2]}`: {_sentence(f.note)}" for f in noted)
    yield ""
    if table.figures:
        yield f"{len(table.figures)} more of this table need a training or the device.\n"


def _not_reproducible(found: Iterable[Verdict]) -> Iterator[str]:
    yield "## What arithmetic does not give\n"
    for verdict in found:
        if verdict.word == "not reproducible":
            off = NOTHING if verdict.difference is None else percent(verdict.difference)
            figure = verdict.figure
            told = f"- `{figure.id}`: printed {figure.printed} {figure.unit}, ours {off} from it."
            yield f"{told} {_sentence(figure.reason)}"
    yield ""


def _contradictions(papers: Papers) -> Iterator[str]:
    yield "## Where the literature contradicts itself, or arithmetic\n"
    yield from (f"- `{c.id}`: {_sentence(c.what)}" for p in papers for c in p.contradiction)
    yield ""


def _missing(papers: Papers) -> Iterator[str]:
    yield "## Looked for and not found\n"
    yield from (f"- {_short(p)}: {_sentence(m)}" for p in papers for m in p.missing)
    yield ""


def _grid(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table, and an empty line behind it."""
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    for line in lines:
        yield f"| {' | '.join(_cell(cell) for cell in line)} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _short(paper: Paper) -> str:
    """Without authors and venue: "EMANet"."""
    return paper.title.partition(" (")[0]
