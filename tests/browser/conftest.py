"""Report pages in a real browser: Debian's chromium, driven by Playwright; skipped without them."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from attnbench.report import render
from tests.browser.driving import reset
from tests.report.hostile import hostile_run
from tests.report.made_up import made_up_run


@dataclass
class Opened:
    """A page with all that went wrong on it, and all that it asked for."""

    page: object
    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def chosen(self) -> str:
        """What the explorer says of its points."""
        return self.page.locator("#explorer > [role=status]").inner_text()


@pytest.fixture(scope="package")  # no longer: it keeps an event loop in this thread
def browser():
    """One for the folder."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("chromium is not installed")
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    with playwright.sync_playwright() as p:
        # Its own sandbox does not work for root.
        found = p.chromium.launch(executable_path=path, args=["--no-sandbox"] if as_root else [])
        yield found
        found.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory) -> Callable[[str], Path]:
    """A function from a name to a page: "full" or "hostile", with "-small" without the explorer."""
    folder = tmp_path_factory.mktemp("pages")
    runs = {"full": made_up_run, "hostile": hostile_run}

    @cache
    def page(name: str) -> Path:
        run, _, small = name.partition("-")
        path = folder / f"{name}.html"
        path.write_text(render(runs[run](), explorer=not small), encoding="utf-8")
        return path

    return page


@pytest.fixture(scope="module")
def opened(browser, files):
    """A function that opens one of the pages, in a window of its own."""
    contexts = []

    def opens(name: str, hash_: str = "", *, width: int = 1440, dark: bool = False, **options):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            **options,
        )
        contexts.append(context)
        found = Opened(context.new_page())
        context.on("request", lambda request: found.requests.append(request.url))
        found.page.on("console", lambda m: found.problems.append(f"{m.type}: {m.text}"))
        found.page.on("pageerror", lambda error: found.problems.append(str(error)))
        found.page.on("dialog", lambda d: (found.problems.append("dialog"), d.dismiss()))
        found.page.set_default_timeout(10_000)
        found.page.goto(files(name).as_uri() + hash_)
        return found

    yield opens
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def loaded(opened):
    """One page for most tests: to load it takes two seconds."""
    return opened("full", permissions=["clipboard-read", "clipboard-write"])


@pytest.fixture
def found(loaded):
    """That page as it is at first."""
    loaded.page.set_viewport_size({"width": 1440, "height": 900})
    loaded.page.emulate_media(color_scheme="light")
    loaded.page.mouse.move(0, 0)
    loaded.page.evaluate(
        "document.querySelectorAll('#explorer details').forEach((d) => { d.open = false; })"
    )
    loaded.page.evaluate("() => { delete navigator.clipboard.writeText; }")
    reset(loaded.page)
    loaded.problems.clear()
    return loaded
