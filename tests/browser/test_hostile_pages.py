"""Names, options, devices, metrics and messages of a run are text, wherever a page shows them."""

import pytest

from tests.report.hostile import ATTACKS, HEAD

WITH, WITHOUT = 11, 4  # scripts of a page, with and without the explorer
MARKUP = """() => ({
  pwned: window.pwned,
  scripts: document.querySelectorAll("script").length,
  images: document.querySelectorAll("img, iframe, object, link, base, form").length,
  links: [...document.querySelectorAll("a")].map((a) => a.getAttribute("href")
    || a.getAttribute("xlink:href") || "").filter((href) => !/^(#|$)/.test(href)),
})"""


@pytest.fixture(scope="module", params=["hostile", "hostile-small"])
def found(request, opened):
    return opened(request.param)


@pytest.fixture(scope="module")
def chart(opened):
    return opened("hostile", "#explore?x=pixels&y=latency&facet=head&color=head")


def harmless(found, scripts):
    """Whether nothing of a record became markup, ran, or asked for anything."""
    told = found.page.evaluate(MARKUP)
    assert told == {"pwned": None, "scripts": scripts, "images": 0, "links": []}
    assert found.problems == []
    assert len(found.requests) == 1


def test_a_hostile_run_is_shown_as_text(found):
    # With the explorer: two of data, three always, Plotly, five of the explorer.
    harmless(found, WITH if found.page.locator("#explorer").count() else WITHOUT)
    for attack in ATTACKS[:5]:
        assert attack in found.page.locator("#failures").text_content()
        assert attack in found.page.locator("#summary").text_content()


def test_the_chart_shows_hostile_names_letter_by_letter(chart):
    page = chart.page
    legend = page.locator(".wide .legend").text_content()
    panels = page.locator(".chart .annotation-text").all()

    harmless(chart, WITH)
    for attack in ATTACKS[:5]:
        assert attack in legend
    assert any("head h<img src=x onerror=" in panel.text_content() for panel in panels)


def test_so_do_its_records_axes_and_table(chart):
    page = chart.page
    page.locator("#explorer-facet").select_option("none")
    page.locator("#explorer-y").select_option(f"latency.{ATTACKS[1]}")
    page.get_by_text("Table of the points").click()
    hovers = page.evaluate("document.querySelector('.chart').data.flatMap((t) => t.hovertext)")
    place = next(i for i, text in enumerate(h for h in hovers if h) if "onerror" in text)
    page.locator(".chart .points path").nth(place).hover(force=True)
    page.locator(".hoverlayer text").first.wait_for()

    harmless(chart, WITH)
    assert "<img src=x onerror=" in page.locator(".hoverlayer").text_content()
    assert ATTACKS[1] in page.locator(".chart .annotation-text").text_content()
    assert HEAD[:40] in page.locator("#explorer tbody").text_content()


def test_a_metric_by_the_name_of_a_prototype_is_a_metric(chart):
    chart.page.locator("#explorer-y").select_option("__proto__")

    assert "points are shown" in chart.chosen()
    assert chart.problems == []


def test_so_do_the_samples(chart):
    select = chart.page.locator("#samples-trial")
    place = next(
        i for i, t in enumerate(select.locator("option").all_inner_texts()) if HEAD[:9] in t
    )
    select.select_option(str(place))

    harmless(chart, WITH)
    assert ATTACKS[1] in chart.page.locator("#samples figcaption").text_content()


def test_what_turns_or_steers_text_is_written_out(chart):
    option = next(
        t
        for t in chart.page.locator("#explorer .filter").first.locator("label").all()
        if "h<" in t.text_content()
    )

    assert r"\u202e\x1b[2J" in option.text_content()
    assert "\u202e" not in chart.page.content()
