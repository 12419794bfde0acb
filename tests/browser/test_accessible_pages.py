"""What axe finds in a page: nothing that is serious or critical."""

import pytest

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")


@pytest.fixture(scope="module", params=["full", "full-small"])
def page(opened, request):
    """Opened past its policy, which would not let axe in; all that folds is open on one of them."""
    found = opened(request.param, bypass_csp=True).page
    if request.param == "full":
        found.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_is_in_the_way_of_a_reader(page, scheme):
    page.emulate_media(color_scheme=scheme)

    found = axe.Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]

    grave = [v for v in found if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in grave] == []
