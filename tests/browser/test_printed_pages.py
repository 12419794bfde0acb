"""In print a figure stands whole on one page, with its caption; what is interactive is left out."""

import io

import pytest

pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")

# Only the figures, each with words that tell its caption, its first and its last text; before the
# first a gap, so that page breaks fall elsewhere.
MARKED = """(gap) => {
  const figures = [...document.querySelectorAll("#growth figure, #samples figure")];
  const others = document.querySelectorAll("main > :not(#spacer), header, footer");
  others.forEach((e) => { e.style.display = "none"; });
  for (const id of ["growth", "samples"]) document.getElementById(id).style.display = "block";
  document.querySelectorAll("#growth > p, #growth > ul").forEach((e) => e.remove());
  let spacer = document.getElementById("spacer");
  if (!spacer) {
    spacer = document.createElement("div");
    spacer.id = "spacer";
    document.querySelector("main").prepend(spacer);
  }
  spacer.style.height = `${gap}mm`;
  figures.forEach((figure, i) => {
    figure.querySelector("figcaption").textContent = `caption${i}x`;
    const texts = figure.querySelectorAll("svg text");
    texts[0].textContent = `begin${i}x`;
    texts[texts.length - 1].textContent = `last${i}x`;
    figure.querySelectorAll("details").forEach((d) => d.remove());
  });
  return figures.length;
}"""
CUT = "#growth *, #samples * { break-inside: auto !important; break-after: auto !important; }"


@pytest.fixture(scope="module")
def page(opened):
    return opened("full-small").page


def texts(page):
    """The words of each page of paper."""
    made = page.pdf(format="A4", print_background=False)
    return [p.extract_text() for p in pypdf.PdfReader(io.BytesIO(made)).pages]


def cut(page, gaps):
    """Figures that are on more than one page of paper, gap after gap before the first."""
    for gap in gaps:
        count = page.evaluate(MARKED, gap)
        pages = texts(page)
        for i in range(count):
            where = {
                word: [n for n, told in enumerate(pages) if f"{word}{i}x" in told]
                for word in ("caption", "begin", "last")
            }
            assert all(where.values()), f"figure {i} is not printed whole: {where}"
            if len({tuple(places) for places in where.values()}) > 1:
                yield gap, i


GAPS = range(0, 240, 80)  # millimetres: all of a page


def test_no_figure_is_cut(page):
    assert list(cut(page, GAPS)) == []


def test_without_the_rules_figures_would_be_cut(page):
    """Else the test above would say nothing."""
    page.add_style_tag(content=CUT)

    assert next(cut(page, GAPS))


def test_the_explorer_and_its_controls_are_not_printed(opened):
    page = opened("full").page
    page.emulate_media(media="print")

    assert page.locator("#explore").is_hidden()
    assert page.locator(".picker").is_hidden()
    assert page.locator("#samples figure svg").is_visible()


def test_rows_that_a_filter_hides_are_printed(opened):
    page = opened("full-small").page
    page.evaluate("document.querySelector('#summary tbody tr').hidden = true")
    row = page.locator("#summary tbody tr").first
    assert row.is_hidden()

    page.emulate_media(media="print")

    assert row.is_visible()


TALL = """() => {
  const lines = (i) => ["top", ...Array(14).fill("."), "end"].map((w) => `${w}${i}x`).join("<br>");
  const rows = [...Array(12).keys()].map((i) => `<tr><th>row</th><td>${lines(i)}</td></tr>`);
  document.body.innerHTML = `<main><table>${rows.join("")}</table></main>`;
}"""


@pytest.mark.parametrize(
    ("style", "is_cut"), [("tr {}", False), ("tr { break-inside: auto }", True)]
)
def test_a_row_of_a_table_is_cut_only_without_the_rule(opened, style, is_cut):
    page = opened("full-small").page
    page.evaluate(TALL)
    page.add_style_tag(content=style)

    pages = texts(page)

    whole = [any(f"top{i}x" in told and f"end{i}x" in told for told in pages) for i in range(12)]
    assert all(whole) is not is_cut
