"""What the papers that the suite names print, beside what attnbench counts: no run is needed."""

from attnbench.papers.agreement import MEANING, Verdict, stored, tally, verdicts
from attnbench.papers.figures import Paper
from attnbench.papers.reading import papers
from attnbench.papers.rules import RULES
from attnbench.papers.table import Row, row, used_rules
from attnbench.report.document import Fold, bullets, text
from attnbench.report.evidence import Evidence
from attnbench.report.sections import section
from attnbench.report.tables import NOTHING, Cell, Column, Table, words

_TONES = {
    "agrees": "good",
    "agrees by another convention": "good",
    "fits": "unsure",
    "not reproducible": "bad",
    "differs": "bad",
}


@section("Printed figures of the papers", order=25)
def printed(evidence: Evidence) -> list | None:
    suite = evidence.suite
    if suite is None or not suite.papers:
        return None
    known = papers()
    chosen = [known.named(name) for name in suite.papers]
    found = verdicts(known, stored())
    tables = [t for paper in chosen if (t := _table(paper, found)) is not None]
    if not tables:
        return None
    counted = tally([found[f.id] for p in chosen for f in p.figures if f.agrees])
    told = ", ".join(f"{word} {n}" for word, n in counted.items())
    intro = (
        f"Of the figures that arithmetic can check: {told}. Ours are counted on the structure that "
        "the paper counts, by its rule; beside it stand FLOPs and predicted memory by attnbench."
    )
    rules = bullets(f"{name}: {RULES[name].says}" for name in used_rules(chosen))
    meaning = bullets(f"{word}: {MEANING[word]}" for word in counted)
    return [text(intro), *tables, Fold("What is counted, and the verdicts", (rules, meaning))]


def _table(paper: Paper, found: dict[str, Verdict]) -> Table | None:
    known = papers()
    checked = [f for f in paper.figures if f.agrees]
    if not checked:
        return None
    rows = [row(found[f.id], paper, known) for f in checked]
    columns = (
        words("figure", [Cell(r.name, (r.what,)) for r in rows]),
        Column("printed", tuple(Cell(r.printed, (r.convention,)) for r in rows)),
        Column("ours", tuple(_ours(r) for r in rows)),
        Column("by attnbench", tuple(Cell(r.own) for r in rows)),
        words("verdict", [Cell(r.word, (r.why,), tone=_TONES[r.word]) for r in rows]),
    )
    return Table(paper.title, columns)


def _ours(line: Row) -> Cell:
    if line.ours == NOTHING:
        return Cell(NOTHING, tone="missing")
    return Cell(line.ours, (line.difference,))
