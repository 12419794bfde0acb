"""Whatever the window, a page says nothing on the console, asks for nothing, and fits."""

import pytest


@pytest.fixture(scope="module", params=["full", "full-small"])
def name(request):
    return request.param


def test_a_page_asks_for_itself_alone_and_breaks_no_policy(opened, files, name):
    found = opened(name)
    found.page.locator("footer").scroll_into_view_if_needed()

    assert found.requests == [files(name).as_uri()]
    assert found.problems == []


@pytest.fixture(scope="module")
def unfolded(opened):
    """A page on which all that folds is open."""
    page = opened("full").page
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    return page


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_nothing_is_wider_than_the_window(unfolded, width, dark):
    page = unfolded
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_function(
        "() => { const box = document.querySelector('.chart');"
        " return box.layout.width === box.clientWidth; }"
    )

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    chart = page.locator(".chart").bounding_box()
    for text in page.locator(".chart text").all():
        box = text.bounding_box()
        assert box["x"] >= chart["x"] - 1
        assert box["x"] + box["width"] <= chart["x"] + chart["width"] + 1


def test_without_javascript_every_row_is_shown_and_no_control(opened):
    page = opened("full", java_script_enabled=False).page

    assert page.locator("#explorer").is_hidden()
    assert page.locator("noscript p").is_visible()
    assert page.locator("button, select, input").count() == 0
    assert page.locator("#sizes details[open] tbody tr").count() > 5
    assert page.locator("#samples figure svg").is_visible()


def test_with_javascript_nothing_is_said_about_it(opened):
    assert opened("full").page.locator("noscript").is_hidden()
