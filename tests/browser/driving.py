"""What a reader does with the explorer, and what the chart then has."""

INFERENCE = 66  # points of the made-up run: eleven lines over the six sides that have times
HEADS = 6


def drawn(page):
    """Every point of the chart: [x, y]."""
    traces = page.evaluate(
        "document.querySelector('.chart').data.map((t) => t.x.map((x, i) => [x, t.y[i]]))"
    )
    return [point for trace in traces for point in trace if point[0] is not None]


def layout(page, path):
    return page.evaluate(f"document.querySelector('.chart').layout.{path}")


def choose(page, name, value):
    page.locator(f"#explorer-{name}").select_option(value)


def only(page, field, word):
    """Leaves that word of a filter alone."""
    page.locator(".filter > summary", has_text=field).click()
    page.get_by_role("button", name=f"{field}: none").click()
    page.get_by_role("checkbox", name=word, exact=True).check()


def reset(page):
    page.get_by_role("button", name="Reset", exact=True).click()


def follow(found, hash_):
    """As a link on the page would lead there, and until the page has followed it."""
    found.page.evaluate(
        """(hash) => new Promise((done) => {
            if (location.hash === hash) return done();
            addEventListener("hashchange", () => done(), { once: true });  // behind the page's own
            location.hash = hash;
        })""",
        hash_,
    )
