"""docs/cli.md is what the commands say."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from attnbench.cli._reference import RENEWED_BY, page
from tests.cli.commands import EVERY

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
ROOT = Path(__file__).parents[2]


def pinned_click():
    """How help is set out changes with it."""
    return re.search(r"^click==(.+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)[1]


@pytest.mark.skipif(
    version("click") != pinned_click(), reason="another click sets its help out in its own way"
)
def test_the_page_is_what_the_commands_say():
    assert PAGE.read_text(encoding="utf-8") == page(), RENEWED_BY


def test_every_command_has_its_part_and_its_place_in_the_contents():
    text = page()

    for words in EVERY:
        path = " ".join(("attnbench", *words))
        assert f"\n- [{path}](#{path.replace(' ', '-')})\n" in text
        assert f"\n## {path}\n\n```\nUsage: {path} " in text
