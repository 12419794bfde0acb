"""Pages that are made are what they are made of."""

import runpy

import pytest

from tests.docs.commands import ROOT


@pytest.mark.parametrize("name", ["suites"])
def test_a_page_is_what_its_maker_makes(name):
    made = runpy.run_path(str(ROOT / "docs" / "make" / f"{name}.py"))["page"]()

    page = ROOT / "docs" / f"{name}.md"
    assert page.read_text(encoding="utf-8") == made, f"python docs/make/{name}.py docs/{name}.md"


def test_the_answer_in_the_readme_is_that_of_the_stored_run():
    maker = runpy.run_path(str(ROOT / "docs" / "make" / "answer.py"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert readme == maker["page"](readme), "python docs/make/answer.py README.md"
