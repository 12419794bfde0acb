"""The page as a whole: complete, safe, self-contained, and written whole or not at all."""

import re
import subprocess
import sys
from html import escape
from html.parser import HTMLParser

import pytest
from inline_scripts import markup
from made_up import EVIL, made_up_run

from attnbench.errors import StoreError
from attnbench.report import render, write
from attnbench.report.palette import DARK, LIGHT, PAPER
from attnbench.report.sections import SECTIONS
from tests.replacing import replace

VOID = {"meta", "br", "hr", "img", "input", "link"}
SVG_EMPTY = {"path", "use", "rect", "circle"}


@pytest.fixture(scope="module")
def run():
    return made_up_run()


@pytest.fixture(scope="module")
def small(run):
    return replace(run, records=tuple(r for r in run.records if r.trial.head == "gc"))


@pytest.fixture(scope="module")
def page(run):
    """Without the explorer, whose bundle is not ours; tests in a browser see the other one."""
    return render(run, explorer=False)


class Outline(HTMLParser):
    """Ids and classes of a page, and whether each tag that opens closes in its turn."""

    def __init__(self, page):
        super().__init__()
        self.open, self.ids, self.tags = [], [], set()
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def only(run, keep):
    """The run with those readings alone for which `keep(metric)` is true."""
    records = [
        replace(r, readings={m: v for m, v in r.readings.items() if keep(m)}) for r in run.records
    ]
    return replace(run, records=tuple(records))


def test_a_full_run_has_every_section_in_order(page):
    found = re.findall(r'<section id="(\w+)"', page)

    wanted = sorted(SECTIONS, key=lambda name: SECTIONS[name].order)
    # Nothing was trained, or gated, or measured in two environments, and no frontier looked for.
    others = ("accuracy", "masks", "attention", "gate", "self_test", "side_by_side", "frontier")
    assert found == [name for name in wanted if name not in others]


def test_tags_are_closed_and_ids_are_unique(page):
    ids = Outline(page).ids

    assert len(ids) == len(set(ids))


def test_every_reference_within_the_page_has_its_target(page):
    ids = set(Outline(page).ids)
    wanted = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)|aria-labelledby="([^"]+)"', page)

    assert {name for found in wanted for group in found for name in group.split()} <= ids


def test_names_and_messages_of_records_stay_text(page):
    assert EVIL not in page
    assert "<script" not in markup(page)
    assert escape(EVIL) in page.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")


def test_the_words_of_a_suite_stay_text(small):
    evil = small.suite_text.replace("Cost against", "<img src=x>").replace("How does", "<b>How")

    page = render(replace(small, suite_text=evil))

    assert "<img" not in page
    assert "<b>How" not in page


def test_the_page_asks_for_nothing_from_outside(page):
    assert "default-src 'none'" in page
    assert not re.search(r"https?:|//[a-z]|@import|\bsrc=|<link|<object|<iframe", markup(page))


def test_the_same_run_gives_the_same_page(run, page):
    assert render(run, explorer=False) == page


def test_the_same_run_gives_the_same_page_in_another_process(page):
    script = (
        f"import sys; sys.path.insert(0, {str(sys.path[0])!r}); sys.path[:0] = {sys.path!r}\n"
        "from made_up import made_up_run\n"
        "from attnbench.report import render\n"
        "page = render(made_up_run(), explorer=False)\n"
        "assert 'torch' not in sys.modules, 'torch was imported'\n"
        "sys.stdout.reconfigure(encoding='utf-8')\n"
        "print(page, end='')\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=False
    )

    assert told.returncode == 0, told.stderr
    assert told.stdout == page


@pytest.mark.parametrize(
    ("gone", "sections"),
    [
        (("macs", "flops"), {"flops"}),
        (("memory",), {"memory"}),
        (("latency",), set()),
        (("params",), set()),
        (("macs", "flops", "memory", "latency"), {"growth", "exponents", "crossings"}),
    ],
)
def test_metrics_that_were_not_asked_for_take_their_sections_with_them(run, gone, sections):
    page = markup(render(only(run, lambda metric: not metric.startswith(gone))))
    found = set(re.findall(r'<section id="(\w+)"', page))

    assert not found & sections
    assert {"summary", "machine", "method"} <= found
    assert "None" not in page
    assert "nan" not in re.sub(r"<[^>]*>", "", page)


@pytest.mark.parametrize("head", ["self_attention", "non_local", "ema", "gc"])
def test_a_run_of_one_head_has_a_page(run, head):
    records = tuple(r for r in run.records if r.trial.head == head)

    page = render(replace(run, records=records))

    assert Outline(page).ids
    assert "Next to" not in page


def test_a_run_of_one_round_claims_no_spread(run):
    page = render(replace(run, records=tuple(r for r in run.records if r.round == 0)))

    assert "its spread is not known" in page


def test_a_run_without_records_says_so():
    empty = replace(made_up_run(), records=(), environments={})

    assert "no reading" in render(empty)


def test_a_run_that_was_interrupted_says_so(run):
    last = max(i for i, r in enumerate(run.records) if r.round == 4)
    cut = tuple(r for i, r in enumerate(run.records) if i != last)

    assert "1 of 132 trials have fewer than 5 rounds" in render(replace(run, records=cut))


def test_a_suite_with_a_head_that_is_no_more_is_a_warning(small):
    other = replace(small, suite_text=small.suite_text.replace('"ema"', '"emma"'))

    page = render(other)

    assert "unknown head" in page
    assert "How does the cost" in page
    assert '<section id="claims"' not in page


def test_a_metric_that_the_report_does_not_know_is_followed_too(run):
    records = [
        replace(r, readings={"charge": replace(v, unit="J")})
        for r in run.records
        for m, v in r.readings.items()
        if m == "latency"
    ]

    page = render(replace(run, records=tuple(records)))

    assert "Charge, forward + backward (measured)" in page


def test_every_figure_has_a_title_a_description_and_a_table(page):
    figures = re.findall(r"<figure[ >].*?</figure>", page, re.DOTALL)

    # 8 quantities over resolution; predicted memory and latency of both modes, eager over fused;
    # the roofline; the samples
    assert len(figures) == 8 + 4 + 1 + 1
    for figure in figures:
        assert 'role="img"' in figure
        assert re.search(r"<title id=[^>]*>[^<]+</title><desc id=[^>]*>[^<]+</desc>", figure)
        assert "<table" in figure


def test_writing_gives_the_path_of_the_page(small, tmp_path):
    path = write(small, tmp_path / "reports")

    assert path.name == f"{small.name}.html"
    assert path.read_text(encoding="utf-8") == render(small)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_page_that_cannot_be_written_leaves_the_old_one(small, tmp_path, monkeypatch):
    path = tmp_path / f"{small.name}.html"
    path.write_text("old")

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(StoreError, match=r"No space left on device.*--reports"):
        write(small, tmp_path)

    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_folder_that_is_a_file_is_refused_in_one_line(small, tmp_path):
    (tmp_path / "reports").write_text("")

    with pytest.raises(
        StoreError, match=r"reports.*cannot write .*; choose another folder with --reports"
    ):
        write(small, tmp_path / "reports")


def luminance(color):
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_colours_of_heads_can_be_read_as_text(page):
    dark = re.search(r"color-scheme: dark;\s+--paper: (#[0-9a-f]{6})", page)[1]

    assert min(contrast(c, PAPER) for c in LIGHT) >= 4.5
    assert min(contrast(c, dark) for c in DARK) >= 4.5
