"""Commands of a page, as a reader would type them."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<lines>.*?)^```", re.MULTILINE | re.DOTALL)
_TYPED = re.compile(r"(?:\$ )?(?P<line>(?:attnbench|git|make|python|pip|pytest|bash) .+)")


def blocks(page: Path, language: str = "") -> list[str]:
    """Fenced blocks of a language, in order."""
    found = _BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [m["lines"] for m in found if m["language"] == language]


def commands(page: Path) -> list[list[str]]:
    """Words of each line that is typed; a comment behind it is left out, and a script of Python."""
    text = "\n".join(blocks(page)).replace("\\\n", " ")
    text = re.sub(r'^python -c ".*?"$', "", text, flags=re.MULTILINE | re.DOTALL)
    typed = [m["line"] for line in text.splitlines() if (m := _TYPED.fullmatch(line))]
    return [words for line in typed if (words := shlex.split(line, comments=True))]
