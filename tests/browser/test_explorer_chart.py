"""The explorer: what it shows first, and what its choices change."""

import json
from collections import Counter

import pytest

from attnbench.report.evidence import Evidence
from attnbench.report.looks import look
from tests.browser.driving import HEADS, INFERENCE, choose, drawn, follow, layout, only, reset
from tests.report.made_up import CHANNELS, SIDES, TIMED, made_up_run


def test_it_opens_with_latency_over_pixels_in_inference(found):
    timed = [s for s in SIDES if s <= TIMED]
    values = Evidence(made_up_run()).values
    trials = Evidence(made_up_run()).trials
    wanted = sorted(
        [trials[key].shape.pixels, v.estimate.value]
        for (key, metric), v in values.items()
        if metric == "latency" and trials[key].mode == "inference"
    )

    assert found.chosen() == f"{INFERENCE} points are shown, of {HEADS} heads."
    assert sorted(drawn(found.page)) == [pytest.approx(p, rel=1e-5) for p in wanted]
    assert len(wanted) == INFERENCE == 11 * len(timed)


def test_both_axes_are_logarithmic_and_can_be_linear(found):
    assert layout(found.page, "yaxis.type") == "log"

    choose(found.page, "yscale", "linear")

    assert layout(found.page, "yaxis.type") == "linear"
    assert layout(found.page, "xaxis.type") == "log"


def test_a_count_made_on_no_device_meets_the_time_of_its_twin(found):
    only(found.page, "head", "gc")
    choose(found.page, "x", "macs.counted")

    # gc: an eighth of C² a pixel in its convolutions, and C in its one map
    macs = [n * n * (CHANNELS**2 // 8 + CHANNELS) for n in SIDES if n <= TIMED]
    assert sorted(x for x, _ in drawn(found.page)) == pytest.approx(macs, rel=1e-5)


def test_colour_and_panels_follow_a_field(found):
    choose(found.page, "color", "kernel")
    choose(found.page, "facet", "kernel")

    assert found.page.locator(".wide .legend li").all_inner_texts() == ["eager", "fused"]
    assert layout(found.page, "annotations.map((a) => a.text)") == ["kernel eager", "kernel fused"]


def test_a_head_looks_as_on_the_page(found):
    swatch = found.page.locator("#summary tr", has_text="ema").locator(".swatch use").first
    own = found.page.locator(".wide .legend li", has_text="ema").locator(".swatch use")

    assert own.get_attribute("href") == swatch.get_attribute("href")
    only(found.page, "head", "ema")
    (line,) = found.page.evaluate("document.querySelector('.chart').data.map((t) => t.line)")
    page_ink = "getComputedStyle(document.documentElement).getPropertyValue('--head-3').trim()"
    assert line["color"] == found.page.evaluate(page_ink)
    assert line["dash"] == "6.4px,3.2px"  # 4 and 2 widths of 1.6 pixels: dashed, as compact heads
    assert (look("ema").slot, look("ema").dash) == (3, (4, 2))


def test_reset_brings_back_the_first_view(found):
    only(found.page, "head", "ema")
    choose(found.page, "x", "params")

    reset(found.page)

    assert found.chosen() == f"{INFERENCE} points are shown, of {HEADS} heads."


def test_the_table_has_the_points_of_the_chart(found):
    only(found.page, "head", "ema")
    found.page.get_by_text("Table of the points").click()

    rows = found.page.locator("#explorer table tbody tr")
    rows.first.wait_for()
    assert rows.count() == 6
    assert rows.locator("th").all_inner_texts() == ["ema"] * 6
    told = [float(c.get_attribute("data-sort")) for c in rows.locator("td:nth-child(5)").all()]
    assert sorted(told) == sorted(y for _, y in drawn(found.page))


def test_a_long_table_is_capped_and_says_so(found):
    follow(found, "#explore?x=pixels&y=memory_predicted")
    page = found.page

    page.get_by_text("Table of the points").click()

    page.get_by_text("The first 200 of 242 points").wait_for()
    assert page.locator("#explorer table tbody tr").count() == 200


def test_the_record_of_a_point_is_told_under_the_pointer(found):
    only(found.page, "head", "gc")
    found.page.locator(".chart").scroll_into_view_if_needed()
    found.page.locator(".chart .points path").first.hover(force=True)

    found.page.locator(".hoverlayer text").first.wait_for()
    told = found.page.locator(".hoverlayer text").first.text_content()

    for part in (
        "gc",
        "16×16 map, batch 1",
        "float32",
        "kernel eager",
        "5 rounds",
        "measured",
        "trial ",
    ):
        assert part in told


def test_the_chart_follows_a_change_from_light_to_dark(found):
    before = layout(found.page, "font.color")

    found.page.emulate_media(color_scheme="dark")

    found.page.wait_for_function(
        f"() => document.querySelector('.chart').layout.font.color !== {json.dumps(before)}"
    )
    ink = found.page.evaluate(
        "getComputedStyle(document.documentElement).getPropertyValue('--muted').trim()"
    )
    assert layout(found.page, "font.color") == ink


ZOOMED = """() => {
  const box = document.querySelector(".chart");
  return Plotly.relayout(box, { "yaxis.range": [Math.log10(0.011), Math.log10(0.029)] });
}"""


def test_a_zoom_has_marks_of_its_own(found):
    before = layout(found.page, "yaxis.ticktext")
    assert "1 s" in before

    found.page.evaluate(ZOOMED)

    found.page.wait_for_function(
        "(n) => document.querySelector('.chart').layout.yaxis.ticktext.includes(n)", arg="20 ms"
    )
    ticks = layout(found.page, "yaxis.tickvals")
    assert len(ticks) > 2
    assert all(0.011 <= t <= 0.029 for t in ticks)


def test_the_chart_follows_the_window(found):
    found.page.set_viewport_size({"width": 500, "height": 900})

    found.page.wait_for_function("() => document.querySelector('.chart').layout.width < 500")


def test_it_is_worked_by_keys_alone(found):
    page = found.page
    page.locator("#explorer-y").focus()
    page.keyboard.type("params")
    page.locator(".filter > summary", has_text="head").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # none

    assert page.locator("#explorer-y").input_value() == "params"
    assert found.chosen().startswith("No point is shown")
    page.keyboard.press("Tab")
    page.keyboard.press(" ")  # the first head
    assert "of 1 head." in found.chosen()


THINNED = """() => {
  const count = 43210, all = Array.from({ length: count }, (_, t) => ({ t }));
  const model = { lines: Int32Array.from(all, ({ t }) => Math.floor(t / 10)) };
  const kept = () => points.thinned(model, all, 5000).map(({ t }) => t);
  return [kept(), kept()];
}"""


def test_many_points_are_thinned_by_whole_lines_and_always_alike(found):
    once, twice = found.page.evaluate(THINNED)

    assert once == twice
    assert len(once) == len(set(once)) == 5000
    lines = Counter(t // 10 for t in once)
    assert set(lines.values()) == {10}
    # No second line is left out for its number: half are even, give or take eight deviations.
    assert abs(sum(line % 2 for line in lines) - 250) < 8 * (500 / 4) ** 0.5
