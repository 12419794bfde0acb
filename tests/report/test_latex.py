"""Tables for a paper: they compile, none is wider than its page, and names stay names."""

import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from made_up import EVIL, made_up_run, reading, record, trial
from pypdf import PdfReader

from attnbench.report import write_latex
from attnbench.report.contents import contents, tables
from attnbench.report.document import Chapter
from attnbench.report.latex import latex, stem
from attnbench.report.tables import Cell, Column, Table, count, estimated, quantities, words
from attnbench.report.tex_grid import COLUMN, LINES, PAGE, grids
from attnbench.stats import Estimate, exactly
from tests.gate.found import HOSTILE

NAMES = (*HOSTILE, EVIL, r"\input{/etc/passwd}", r"\write18{touch pwned}", r"\\[9in]", "x" * 300)
needs_pdflatex = pytest.mark.skipif(
    shutil.which("pdflatex") is None, reason="needs pdflatex: apt install texlive-latex-recommended"
)


@pytest.fixture(scope="module")
def shown():
    run = made_up_run()
    few = ("gc", "self_attention", "isa", "my_head")
    return contents(replace(run, records=tuple(r for r in run.records if r.trial.head in few)))


@pytest.fixture(scope="module")
def text(shown):
    return latex(shown)


def named(name):
    return trial("gc", 32, options={"name": name}, device="cpu")


def hostile():
    counted = [
        record(named(n), {"macs.counted": reading(10, "MACs", "counted")}, round=1) for n in NAMES
    ]
    failed = [record(named(n), {}, status="crashed", message=n) for n in NAMES]
    run = made_up_run(rounds=1)
    evil = run.suite_text.replace("Cost against", r"\\input{/etc/passwd} 100 %")
    return contents(replace(run, records=(*counted, *failed), suite_text=evil))


def compiled(shown, folder):
    """The pages of the document, and its log."""
    _, document = write_latex(shown, folder)
    told = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "-no-shell-escape",
         document.name],
        cwd=folder, capture_output=True, encoding="latin-1", timeout=250,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout[-3000:]
    return PdfReader(document.with_suffix(".pdf")), told.stdout


@needs_pdflatex
def test_the_document_compiles_and_no_table_is_wider_than_its_place(shown, text, tmp_path):
    pdf, log = compiled(shown, tmp_path)

    assert "Overfull" not in log
    assert "mktexpk" not in log  # no font is made of dots
    told = "".join(page.extract_text() for page in pdf.pages)
    for i in range(1, text.count(r"\caption{") + 1):
        assert f"Table {i}:" in told


@needs_pdflatex
def test_names_that_are_commands_are_set_as_text(tmp_path):
    pdf, log = compiled(hostile(), tmp_path)

    told = re.sub(r"\s", "", "".join(page.extract_text() for page in pdf.pages))
    assert "input{/etc/passwd}" in told
    assert "root:" not in told
    assert "write18{touchpwned}" in told
    assert not (tmp_path / "pwned").exists()
    assert "Overfull" not in log


@needs_pdflatex
def test_the_tables_are_taken_by_a_paper_with_one_package(shown, tmp_path):
    tables, _ = write_latex(shown, tmp_path)
    (tmp_path / "paper.tex").write_text(
        r"\documentclass{article}\usepackage{booktabs}\begin{document}\input{"
        + tables.name
        + r"}\end{document}"
    )

    told = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "paper.tex"],
        cwd=tmp_path, capture_output=True, timeout=250,
    )  # fmt: skip

    assert told.returncode == 0, told.stdout[-3000:]


def test_a_table_has_caption_label_and_rules(text):
    environments = re.findall(r"\\begin\{table\*?\}.*?\\end\{table\*?\}", text, re.DOTALL)

    assert len(environments) == len(re.findall(r"^\\begin\{table", text, re.MULTILINE)) > 20
    labels = re.findall(r"\\label\{([^}]*)\}", text)
    assert len(set(labels)) == len(environments)
    for each in environments:
        rules = (r"\caption{", r"\label{", r"\toprule", r"\midrule", r"\bottomrule")
        assert [each.count(rule) for rule in rules] == [1] * 5
        assert "\\hline" not in each


def test_every_table_of_the_page_is_there(shown, text):
    wanted = [t for chapter in shown.chapters for t in tables(chapter.blocks)]

    assert text.count(r"\label{") >= len(wanted)
    for table in wanted:
        assert all(row[0].text.split()[0][:12] in text.replace(r"\_", "_") for row in table.rows)


def test_numbers_are_in_math_mode_and_the_best_is_bold():
    values = [Estimate(0.004, 0.0037, 0.0043), exactly(2.0)]
    column = quantities("latency", values, "s", origin="measured", mark_best=True)

    (grid,) = grids(Table("t", (words("head", ["a", "b"]), column)))

    assert grid.rows == (
        (("a", r"$\mathbf{0.0040 \pm 0.0003}$"),),
        (("b", "$2.00$"),),
    )
    assert [line[1] for line in grid.head] == ["latency", "(s)", "measured"]
    assert grid.alignment == "lr"
    assert grid.has_intervals
    assert grid.has_best


def wide(columns, rows=3, letters=8):
    cells = tuple(Cell("9" * letters, sort=1.0) for _ in range(rows))
    names = words("head", [f"head {i}" for i in range(rows)])
    return Table("t", (names, *(Column(f"c{i}", cells) for i in range(columns))))


def test_a_narrow_table_is_as_wide_as_a_column_and_a_wider_one_as_the_page():
    narrow, page = latex_of(wide(3)), latex_of(wide(8))

    assert r"\begin{table}" in narrow
    assert r"\begin{table*}" in page


def latex_of(table):
    shown = contents(replace(made_up_run(), records=(), environments={}))
    return latex(replace(shown, chapters=(Chapter("c", "C", (table,)),)))


@pytest.mark.parametrize("columns", [12, 30])
def test_what_is_wider_than_the_page_goes_on_in_tables_alike_wide(columns):
    found = list(grids(wide(columns)))

    assert len(found) > 1
    assert all(COLUMN < grid.width <= PAGE for grid in found)
    assert {grid.head[0][0] for grid in found} == {"head"}
    titles = [title for grid in found for title in grid.head[0][1:]]
    assert titles == [f"c{i}" for i in range(columns)]


def test_what_is_longer_than_the_page_goes_on_in_the_next():
    found = list(grids(Table("t", (Column("n", tuple(count(i) for i in range(100))),))))

    assert [len(grid.rows) for grid in found] == [LINES - 1, LINES - 1, 100 - 2 * (LINES - 1)]


def test_parts_of_a_table_are_numbered_and_have_labels_of_their_own():
    text = latex_of(wide(12))

    assert re.findall(r"\((\d) of (\d)\)", text) == [("1", "2"), ("2", "2")]
    assert len(set(re.findall(r"\\label\{(.*)\}", text))) == 2


def test_a_sentence_is_broken_into_lines_and_what_follows_is_smaller():
    cell = Cell("a claim that is longer than a line of words may be", ("its source",))

    (grid,) = grids(Table("t", (words("claim", [cell]),)))

    assert grid.rows == (
        (
            ("a claim that is longer than a",),
            ("line of words may be",),
            (r"\scriptsize its source",),
        ),
    )


def test_a_table_without_rows_is_left_out():
    assert list(grids(Table("t", (words("head", []),)))) == []


def test_a_value_with_its_unit_is_math_and_words():
    cell = estimated("1.21 ± 0.05\u00a0s", Estimate(1.21, 1.16, 1.26), "s")

    (grid,) = grids(Table("t", (words("head", ["a"]), Column("found", (cell,)))))

    assert grid.rows[0][0][1] == r"$1.21 \pm 0.05$~s"


def test_files_have_names_that_input_takes(shown, tmp_path):
    odd = replace(shown.run, path=tmp_path / "100% ~of {it}_é")

    found = stem(contents(odd))

    assert re.fullmatch(r"[A-Za-z0-9_.+-]+", found)


def test_a_run_without_records_has_a_file_without_a_table():
    text = latex(contents(replace(made_up_run(), records=(), environments={}, suite_text="")))

    assert text.startswith("% Tables of run")
    assert r"\begin{table" not in text
