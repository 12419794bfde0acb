"""What is shown is the text that went in, and nothing of it is structure, a call or a link."""

from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from attnbench.github_markdown import code, escaped, paragraph, prose, row
from attnbench.printable import one_line
from tests.gate.found import HOSTILE

BEGINS = ("- a", "+ a", "1. a", "12) a", "> a", "---", "===", "    a", "\ta", "# a", "* a", "~~~")
CALLS = ("hi @someone", "see #12", "GH-7", "https://a.example", "www.a.example", ":smile:")


class Shown(HTMLParser):
    """Text and elements of what a browser gets; `outside` is the text that is in no code."""

    def __init__(self, text):
        super().__init__()
        self.text, self.outside, self.tags = "", "", []
        self.is_code = False
        self.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.is_code = tag == "code"

    def handle_endtag(self, tag):
        self.is_code = False

    def handle_data(self, data):
        self.text += data
        self.outside += "" if self.is_code else data


@pytest.mark.parametrize("written", [escaped, prose, code])
@pytest.mark.parametrize("text", [*HOSTILE, *BEGINS, *CALLS, "4.1 ± 0.2 ms", "64²: N·√N"])
def test_a_paragraph_shows_its_text(written, text):
    found = Shown(paragraph(written(text)))

    assert found.text.strip() == one_line(text).strip()
    assert set(found.tags) <= {"p", "code"}


@pytest.mark.parametrize("text", [*HOSTILE, *CALLS])
def test_a_cell_shows_its_text_and_stays_one_cell(text):
    found = Shown("\n".join([row(["a", "b"]), row(["---"] * 2), row([prose(text), "x"])]))

    assert found.text.split("b", 1)[1].replace("\n", "") == f"{one_line(text)}x".replace("\n", "")
    assert found.tags.count("td") == 2
    assert set(found.tags) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}


@pytest.mark.parametrize("text", CALLS)
def test_who_or_what_is_called_stands_in_code(text):
    outside = Shown(prose(text)).outside

    assert not set(outside) & set("@#:")
    assert "www" not in outside
    assert "GH-" not in outside


def test_plain_words_stay_readable():
    told = "Latency, forward: 4.1 ± 0.2 ms (95 % interval); is N·√N less?"

    assert prose(told) == told
