"""The address of a page keeps the view of the explorer, and harms nobody."""

import pytest

from tests.browser.driving import HEADS, INFERENCE, choose, drawn, follow, layout, only, reset
from tests.report.made_up import SIDES


@pytest.mark.parametrize(
    "hash_",
    [
        "#explore?",
        "#explore?x=__proto__&y=constructor&color=toString&facet=hasOwnProperty&xscale=cube",
        "#explore?x=pixels&y=%E0%A4%A&head=%&mode=%zz",
        "#explore?head=nobody,<img src=x onerror=window.pwned=1>&size=9x9&=&&&==",
        "#explore?y=<script>window.pwned=1</script>&x=javascript:alert(1)",
        "#explore?" + "x=pixels&" * 5000,
    ],
)
def test_an_address_that_names_what_is_not_there_shows_all_of_the_first_view(found, hash_):
    follow(found, hash_)

    assert found.chosen() == f"{2 * INFERENCE} points are shown, of {HEADS} heads."
    assert found.page.locator("#explorer-y").input_value() == "latency"
    assert found.page.evaluate("window.pwned") is None
    assert found.problems == []


def test_a_view_survives_a_reload_and_is_a_link(found):
    only(found.page, "head", "ema")
    choose(found.page, "y", "memory_predicted")
    choose(found.page, "yscale", "linear")
    before = sorted(drawn(found.page))
    assert len(before) == len(SIDES)

    found.page.reload()

    assert sorted(drawn(found.page)) == before
    assert layout(found.page, "yaxis.type") == "linear"
    link = "#" + found.page.url.partition("#")[2]
    reset(found.page)
    assert sorted(drawn(found.page)) != before
    follow(found, link)
    assert sorted(drawn(found.page)) == before
    assert "y=memory_predicted" in link
    assert "head=ema" in link


def test_back_and_forward_go_through_the_views(found):
    choose(found.page, "y", "params")
    choose(found.page, "color", "kernel")

    found.page.go_back()
    found.page.wait_for_function("() => document.querySelector('#explorer-color').value === 'head'")
    found.page.go_back()
    found.page.wait_for_function("() => document.querySelector('#explorer-y').value === 'latency'")
    assert found.chosen().startswith(f"{INFERENCE} points")
    found.page.go_forward()

    found.page.wait_for_function("() => document.querySelector('#explorer-y').value === 'params'")


def test_a_link_elsewhere_on_the_page_leaves_the_view(found):
    choose(found.page, "color", "kernel")

    found.page.locator("nav a").first.click()

    assert found.page.locator("#explorer-color").input_value() == "kernel"


def test_the_link_is_copied(found):
    choose(found.page, "color", "family")

    found.page.get_by_role("button", name="Copy link to this view").click()

    found.page.get_by_text("Copied.").wait_for()
    assert found.page.evaluate("navigator.clipboard.readText()") == found.page.url


def test_where_nothing_may_be_copied_the_link_is_shown(found):
    found.page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }"
    )

    found.page.get_by_role("button", name="Copy link to this view").click()

    field = found.page.get_by_label("Link to this view", exact=True)
    field.wait_for()
    assert "#explore?x=pixels&y=latency" in field.input_value()


def test_a_page_that_is_opened_with_a_view_shows_it(opened):
    found = opened("full", "#explore?x=side&y=params&head=ema,%zz&mode=inference")

    assert found.chosen() == "11 points are shown, of 1 head."
    assert found.page.locator("#explore h2").bounding_box()["y"] < 900
    assert found.problems == []


def test_a_filter_that_keeps_nothing_says_so(found):
    follow(found, "#explore?head=")

    assert found.chosen().startswith("No point is shown")
    assert found.problems == []
