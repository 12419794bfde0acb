r"""The tables of the report for a paper: LaTeX with booktabs, a `table` environment each.

A table is as wide as a column of a two-column paper, or as its page, and never wider: what does not
fit goes on in another, rows and columns alike. The file has no preamble, so that a paper takes it
with `\input`; beside it stands a small one that compiles by itself.
"""

import re
from collections.abc import Iterator, Sequence

from attnbench.printable import one_line
from attnbench.report.contents import Contents, Slugs, tables
from attnbench.report.tables import Table
from attnbench.report.tex import escaped
from attnbench.report.tex_grid import COLUMN, PAGE, SEPARATION, Grid, grids

_INTERVALS = (
    r"$\pm$ is half of a 95\,\% interval over rounds (fresh processes, or seeds of a training); "
    "a number without it is exact or was taken once."
)
_BEST = "Bold: the lowest, and all whose interval reaches it."
_STANDALONE = r"""% Compiles by itself: pdflatex {stem}-standalone.tex
\documentclass[10pt,twocolumn]{{article}}
\usepackage{{booktabs}}
\usepackage[letterpaper,textwidth={page:.1f}pt,textheight=660pt,columnsep={gap:.1f}pt]{{geometry}}
\makeatletter
\setlength{{\@fptop}}{{0pt}}
\setlength{{\@dblfptop}}{{0pt}}
\makeatother
\begin{{document}}
\noindent {title}
\input{{{stem}.tex}}
\end{{document}}
"""


def stem(shown: Contents) -> str:
    r"""Of the names of the files: that of the run, of characters that `\input` takes."""
    return re.sub(r"[^A-Za-z0-9_.+-]+", "-", shown.name)


def latex(shown: Contents) -> str:
    """All tables, in the order of the page. The same run gives the same bytes."""
    info = shown.run.info
    made = (shown.run.name, info.suite, info.attnbench)
    parts = [
        "% Tables of run {}, of suite {}, by attnbench {}.".format(*map(one_line, made)),
        r"% Needs \usepackage{booktabs}. Each table may be taken by itself.",
    ]
    slugs, run = Slugs(), Slugs().slug(shown.name)
    for chapter in shown.chapters:
        found = list(tables(chapter.blocks, is_print=True))
        if found:
            parts.append(f"\n% {chapter.title}")
        for table in found:
            label = f"tab:{run}:{slugs.slug(chapter.name, table.caption)}"
            parts += _environments(table, label)
    count = 100 + len(parts)
    # As many wait where no text is between them, each for several pages.
    wait = f"\\extrafloats{{{count}}}\\maxdeadcycles={10 * count}"
    return "\n".join([*parts[:2], wait, *parts[2:]]) + "\n"


def standalone(shown: Contents) -> str:
    """A document of the tables, which stand in a file beside it."""
    title = escaped(f"{shown.title}. {shown.question}")
    return _STANDALONE.format(stem=stem(shown), title=title, page=PAGE, gap=PAGE - 2 * COLUMN)


def _environments(table: Table, label: str) -> Iterator[str]:
    found = list(grids(table))
    for i, grid in enumerate(found):
        part = f" ({i + 1} of {len(found)})" if len(found) > 1 else ""
        number = f"-{i + 1}" if i else ""
        yield _environment(grid, escaped(table.caption + part), label + number)


def _environment(grid: Grid, caption: str, label: str) -> str:
    name = "table" if grid.width <= COLUMN else "table*"
    notes = [_INTERVALS] if grid.has_intervals else []
    notes += [_BEST] if grid.has_best else []
    below = rf"\par\smallskip\parbox{{\linewidth}}{{\scriptsize {' '.join(notes)}}}"
    return "\n".join(
        [
            f"\\begin{{{name}}}[tbp]",
            r"\centering",
            f"\\caption{{{caption}}}",
            f"\\label{{{label}}}",
            rf"\footnotesize\setlength{{\tabcolsep}}{{{SEPARATION / 2:g}pt}}",
            rf"\begin{{tabular}}{{@{{}}{grid.alignment}@{{}}}}",
            r"\toprule",
            *_rows(grid.head),
            r"\midrule",
            *_body(grid),
            r"\bottomrule",
            r"\end{tabular}",
            *([below] if notes else []),
            f"\\end{{{name}}}",
        ]
    )


def _body(grid: Grid) -> Iterator[str]:
    for i, row in enumerate(grid.rows):
        if i and grid.is_airy:
            yield r"\addlinespace[2pt]"
        yield from _rows(row)


def _rows(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    return (" & ".join(line) + r" \\" for line in lines)
