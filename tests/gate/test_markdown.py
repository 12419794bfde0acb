"""The page is read back by a CommonMark parser: cells hold the text that went in, and no markup."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from attnbench.gate.outputs.markdown import MOST, markdown
from attnbench.gate.outputs.wording import names
from attnbench.gate.result import Side
from attnbench.github_markdown import escaped
from attnbench.printable import one_line
from tests.gate.found import EMPTY, EVERY, HOSTILE, NAMED, change, gate, timing, trial

OURS = {"h2", "p", "strong", "code", "ul", "li", "details", "summary"}
TABLE = {"table", "thead", "tbody", "tr", "th", "td"}


class Page(HTMLParser):
    """Elements and cells of what a browser would get."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.rows, self.words = set(), [], []
        self.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))

    def handle_starttag(self, tag, attrs):
        assert not [a for a in attrs if a[0] != "style"], attrs  # no link, no source
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, text):
        self.words.append(text)
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += text

    def handle_comment(self, text):
        raise AssertionError(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_shown_as_it_is_in_a_paragraph_and_in_a_cell(text):
    inside = f"<code>{escaped(text)}</code>"

    paragraph = Page(inside)
    table = Page(f"| a | b |\n| --- | --- |\n| {inside} | x |")

    assert "".join(paragraph.words).removesuffix("\n") == one_line(text)
    assert table.rows[1][0].strip("\n") == one_line(text)
    assert paragraph.tags == {"p", "code"}
    assert len(table.rows[1]) == 2


def test_the_page_has_every_change_worst_first_and_the_same_folded():
    page = Page(markdown(EVERY))

    assert page.tags == OURS | TABLE
    answers = [row[0].split()[-1] for row in page.rows]
    assert answers == [
        "answer", "worse", "worse", "worse", "unclear", "unclear", "gone", "new", "better",
        "better", "answer", "same", "same",
    ]  # fmt: skip
    assert [cell.strip() for cell in page.rows[1][1:]] == [
        "ccnet, 1x512x64x64, attention, float32, meta, inference",
        "macs.counted",
        "1.00 kMAC",
        "2.00 kMAC",
        "+100 %",
        "1.00 kMAC -> 2.00 kMAC (+100 %)",
    ]


@pytest.mark.parametrize(
    "fact",
    [
        "Worse: 3 worse, 2 unclear, 1 gone, 1 new, 2 better, 2 same.",
        "origin/main (0123456789ab)",
        "HEAD (fedcba987654)",
        "environment c0ffee00",
        "12 pairs of processes in random order (seed 7)",
        "a chance of 1.0 %",
        "a slow-down of 3.1 % would mostly be seen",
        "2 the same",
        "one thread",
    ],
)
def test_the_page_says_what_was_compared_and_how_well(fact):
    assert fact in "".join(Page(markdown(EVERY)).words)


def test_environments_that_differ_are_told_by_side():
    here = replace(EVERY, base=Side("x", environment="0123456789ab"))

    assert "environment 01234567 (base), c0ffee00 (head)" in "".join(Page(markdown(here)).words)


def test_what_did_not_change_has_no_difference():
    page = Page(markdown(gate(change(answer="same", after=1000))))

    assert page.rows[1][5].strip() == "none"


def test_too_few_pairs_are_said():
    told = "with fewer than 8 pairs nothing can be told to be worse"

    assert told in markdown(gate(timing(), pairs=5))
    assert told not in markdown(gate(timing(), pairs=8))
    assert told not in markdown(gate(change(), pairs=0))  # nothing was timed


def test_names_that_are_markup_are_text():
    page = Page(markdown(NAMED))

    shown = {row[1].strip() for row in page.rows[1:]}
    told = names(trial(head) for head in HOSTILE).values()
    assert shown == {name.strip() for name in told}
    assert page.tags <= OURS | TABLE
    assert {len(row) for row in page.rows} == {7}


def test_a_gate_that_compared_nothing_has_no_table():
    page = Page(markdown(EMPTY))

    assert not page.rows
    assert "Nothing was compared." in "".join(page.words)


def test_a_summary_stays_below_what_github_takes():
    many = gate(
        *(change(f"head{i}") for i in range(4000)),
        *(change(f"other{i}", "same") for i in range(4000)),
    )

    text = markdown(many)

    assert len(text.encode()) < 2**20
    rows = [line for line in text.splitlines() if line.startswith("| ❌")]
    assert f"and {4000 - len(rows)} more, which do not fit here" in text
    assert MOST * 0.99 < sum(map(len, rows)) <= MOST
