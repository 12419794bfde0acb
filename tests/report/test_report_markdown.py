"""The report in Markdown, read back by a parser: its tables, its words, and nobody's markup."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from made_up import EVIL, made_up_run, reading, record, trial
from markdown_it import MarkdownIt

from attnbench.report.contents import contents, figures, tables
from attnbench.report.document import Chapter
from attnbench.report.markdown import LONG, MOST, markdown
from attnbench.report.tables import Column, Table, count, words
from tests.gate.found import HOSTILE

OURS = {
    "h1", "h2", "h3", "p", "strong", "code", "ul", "li", "details", "summary", "sub", "sup", "br",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


class Page(HTMLParser):
    """Tables, elements and words of what a browser gets."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.tables, self.words, self.open = set(), [], "", []
        self.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))
        assert not self.open

    def handle_starttag(self, tag, attrs):
        assert {name for name, _ in attrs} <= {"style", "open"}, attrs  # no link, no source
        self.tags.add(tag)
        if tag != "br":
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.words += text
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += text

    def handle_comment(self, text):
        raise AssertionError(text)


@pytest.fixture(scope="module")
def shown():
    run = made_up_run()
    few = ("gc", "self_attention", "my_head")
    return contents(replace(run, records=tuple(r for r in run.records if r.trial.head in few)))


@pytest.fixture(scope="module")
def page(shown):
    return Page(markdown(shown))


def of(*records, **fields):
    return contents(replace(made_up_run(rounds=1), records=records, warnings=(), **fields))


def named(name):
    return trial("gc", 32, options={"name": name}, device="cpu")


def test_every_table_of_the_page_is_there_with_its_rows(shown, page):
    # but for the keys of all records, which are for looking something up on the page
    wanted = [t for chapter in shown.chapters for t in tables(chapter.blocks, is_print=True)]

    assert len(wanted) == len([t for c in shown.chapters for t in tables(c.blocks)]) - 1
    assert [len(rows) - 1 for rows in page.tables] == [len(t.rows) for t in wanted]
    for rows, table in zip(page.tables, wanted, strict=True):
        assert {len(row) for row in rows} == {len(table.columns)}
        assert [row[0] for row in rows[1:]] == ["".join((c.text, *c.lines)) for c, *_ in table.rows]


def test_the_answer_and_the_machine_with_its_faults_are_told(page):
    assert "How does the cost of an attention head grow" in page.words
    assert "a forward pass of dense self_attention takes" in page.words
    assert "Measured on cpu: Made-up CPU @ 2.4 GHz" in page.words
    assert "Warning: records.jsonl: line 12 is cut in the middle" in page.words
    assert "stop: of 2 cores, 0.5 are idle" in page.words


def test_titles_say_unit_and_origin(page):
    assert "latency, forward(s, measured)" in page.tables[0][0]


def test_only_our_own_elements_are_there(page):
    assert page.tags <= OURS


def test_figures_are_their_tables(shown, page):
    titles = [f.plot.title for chapter in shown.chapters for f in figures(chapter.blocks)]

    assert len(titles) > 3
    for title in titles:
        assert title in page.words


def test_what_is_best_is_strong(shown):
    best = [c.text for t in tables(shown.chapters[0].blocks) for row in t.rows for c in row
            if c.is_best]  # fmt: skip

    text = markdown(shown)

    assert best
    assert all(f"<strong>{words}</strong>" in text for words in best)


@pytest.mark.parametrize("name", [*HOSTILE, EVIL, "`a` | b *c* _d_ [e](f) ~~g~~ <h>"])
def test_a_name_or_a_message_is_text(name):
    failed = record(named(name), {}, status="crashed", message=name)
    counted = record(named(name), {"macs.counted": reading(10, "MACs", "counted")}, round=1)

    text = markdown(of(failed, counted))
    page = Page(text)

    assert page.tags <= OURS
    for rows in page.tables:
        assert len({len(row) for row in rows}) == 1
    outside = re.sub(r"<code>.*?</code>", "", text)
    assert "@someone" not in outside.replace("&#64;", "@")
    assert "evil.example" not in outside


def test_the_words_of_a_suite_are_text():
    evil = (
        made_up_run()
        .suite_text.replace("Cost against", "<img src=x> @me")
        .replace("How does", "1. # How [a](b)")
    )

    page = Page(markdown(of(suite_text=evil)))

    assert page.tags <= OURS
    assert "1. # How [a](b)" in page.words
    assert "ol" not in page.tags


def test_a_run_without_records_says_so():
    assert "This run has no reading" in markdown(of(environments={}))


def test_the_same_run_gives_the_same_bytes(shown):
    assert markdown(shown) == markdown(shown)


def table_of(rows, name="made up"):
    numbers = Column("n", tuple(count(i) for i in range(rows)))
    return Table(name, (words("head", [f"{name} {i}" for i in range(rows)]), numbers))


def with_chapter(shown, *blocks):
    return replace(shown, chapters=(*shown.chapters, Chapter("more", "More", blocks)))


@pytest.mark.parametrize(("rows", "is_folded"), [(LONG, False), (LONG + 1, True)])
def test_a_long_table_is_folded(shown, rows, is_folded):
    text = markdown(with_chapter(shown, table_of(rows)))

    assert ("<details><summary>made up</summary>" in text) == is_folded


def test_a_table_that_is_too_long_says_how_many_rows_it_lacks(shown):
    text = markdown(with_chapter(shown, table_of(50_000)))

    rows = len(re.findall(r"^\| made up \d+ \|", text, re.MULTILINE))
    assert 1000 < rows < 50_000
    assert f"and {50_000 - rows} more, which do not fit here" in text


def test_a_report_stays_below_what_github_takes_and_names_what_is_left_out(shown):
    many = [table_of(5000, f"table {i}") for i in range(40)]

    text = markdown(with_chapter(shown, *many))

    assert len(text.encode()) <= MOST < 2**20
    (told,) = re.findall(r"Left out, as they do not fit here: (\d+): table", text)
    assert int(told) + text.count("<summary>table ") == 40
    assert "Measured on cpu" in text
