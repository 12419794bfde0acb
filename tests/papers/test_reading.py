"""Reading printed figures: what is there, and what a mistake says."""

import subprocess
import sys
from collections import Counter

import pytest

from attnbench.errors import AttnbenchError
from attnbench.papers.figures import Formula, full_name, pieces
from attnbench.papers.reading import FOLDER, paper_names, papers, read_papers
from attnbench.papers.table import convention
from attnbench.papers.words import structure_words

PAPER = """
title = "A paper"
[structure.block]
at = [4, 6]
pieces = [{ is = "head", name = "ema", channels = 8, options = { bases = 4 } }]
[[table]]
name   = "Table 1"
source = "a.pdf"
input  = "1x8x4x6"
figures = [{ id = "a.accuracy", head = "ema", quantity = "miou", printed = "78.5", unit = "%" }]
[[table.figure]]
id       = "a.work"
head     = "ema"
quantity = "gflops"
printed  = "1.50"
unit     = "G"
agrees   = "exact"
ours     = { of = "block", by = "macs" }
"""


def read(text):
    return read_papers({"a": text})


def test_every_figure_of_the_collection_is_there_once():
    found = papers()

    assert sum(len(p.figures) for p in found) == len(found.figures) == 628
    assert Counter(f.agrees for f in found.figures.values()) == {
        "exact": 109,
        "approx": 28,
        "no": 26,
        "": 465,
    }
    assert sum(len(p.series) for p in found) == 15
    assert sum(len(z.models) for p in found for z in p.zoo) == 46
    assert sum(len(p.contradiction) for p in found) == 24


def test_every_figure_has_its_source_and_no_path_of_a_machine():
    assert all(f.source for f in papers().figures.values())
    for name in paper_names():
        assert "/home/" not in (FOLDER / f"{name}.toml").read_text()
        assert "/work/" not in (FOLDER / f"{name}.toml").read_text()


def test_no_printed_number_is_without_what_it_counts():
    units = ("G", "M", "MB", "MiB", "GB")

    assert all(convention(f) != "–" for f in papers().figures.values() if f.unit in units)


def test_what_figures_share_is_that_of_their_table():
    figure = read(PAPER).figures["a.work"]

    assert (figure.input, figure.source, figure.value) == ("1x8x4x6", "a.pdf", 1.5)


def test_a_structure_in_words():
    assert structure_words("block", "a", read(PAPER)) == "ema bases=4 on 8 at 4x6"


def test_memory_is_predicted_of_chains_alone():
    """Its pieces run one after the other, so none may stand there twice or be taken away."""
    found = papers()
    for paper in found:
        ours = [f.ours for f in paper.figures if f.ours]
        chains = [o.predicted or o.of for o in ours if o.predicted or o.by == "peak"]
        for name in chains:
            chain = pieces(full_name(name, paper.name), found)
            assert all(p.times == 1 for p, _ in chain if not isinstance(p, Formula)), name


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ('title = "A paper"', "", "missing required field `title`"),
        ('title = "A paper"', 'title = "A paper"\ntable = 3', "Cannot overwrite a value"),
        ('unit     = "G"', 'units     = "G"', "unknown field `units` - at `$.table[0].figure[0]`"),
        ('by = "macs"', 'by = "mac"', "a.work: unknown counting rule 'mac'; did you mean 'macs'?"),
        ('of = "block"', 'of = "blok"', "unknown structure 'a.blok'; did you mean 'a.block'?"),
        (
            'name = "ema"',
            'name = "emu"',
            "structure block: unknown head 'emu'; did you mean 'ema'?",
        ),
        ("bases = 4", "base = 4", "unknown option of ema 'base'; did you mean 'bases'?"),
        ("bases = 4", 'bases = "4"', "ema: bases = '4': expected int, as in bases=64"),
        ("at = [4, 6]", "", "structure block: at = [height, width] is missing"),
        ("at = [4, 6]", "at = [4]", "Expected `array` of length 2, got 1"),
        (
            'is = "head", ',
            'is = "tail", ',
            "Invalid value 'tail' - at `$.structure[...].pieces[0].is`",
        ),
        ("channels = 8,", "channels = 8, times = -1,", "what is taken away, says why"),
        (
            'printed  = "1.50"',
            'printed  = "many"',
            "printed = 'many': expected a number above zero",
        ),
        ('printed  = "1.50"', 'printed  = "1/0"', "printed = '1/0': expected a number above zero"),
        ('"a.accuracy"', '"a.work"', "figure a.work: there are two of this id"),
        ('agrees   = "exact"', "", "agrees is missing"),
        ('agrees   = "exact"', 'agrees   = "no"', 'a reason goes with agrees = "no"'),
        ('ours     = { of = "block", by = "macs" }', "", "needs ours, how it is recounted"),
        ('of = "block"', 'of = "block", given = "a.x"', "unknown figure 'a.x'"),
    ],
)
def test_a_mistake_is_one_line_that_says_where(was, now, told):
    assert was in PAPER

    with pytest.raises(AttnbenchError) as error:
        read(PAPER.replace(was, now, 1))

    assert str(error.value).startswith("papers/a.toml: ")
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_a_formula_says_why():
    formula = '{ is = "formula", text = "N", counts = "elements" }'

    with pytest.raises(AttnbenchError, match="a formula, and what is taken away, says why"):
        read(PAPER.replace("pieces = [", f"pieces = [{formula}, "))


def test_a_paper_of_another_name():
    with pytest.raises(AttnbenchError, match="unknown paper 'emanot'; did you mean 'emanet'"):
        papers().named("emanot")


def test_reading_and_judging_do_not_import_torch():
    code = (
        "import sys\n"
        "from attnbench.papers.agreement import stored, verdicts\n"
        "from attnbench.papers.reading import papers\n"
        "import attnbench.report.sections.papers, attnbench.papers.page\n"
        "assert verdicts(papers(), stored())\n"
        "print('torch' in sys.modules)\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert done.stdout.strip() == "False", done.stderr
