"""Text and tables in GitHub's Markdown, as a page, a comment or the summary of a job takes them.

Names are text: every character that Markdown or HTML could read is written as a character
reference, which neither takes for structure. GitHub looks for people, issues and addresses in what
is shown, so that a reference hides none of them: such words stand in `<code>`, where it does not.
Source: GitHub Flavored Markdown Spec, 2.5 (references) and 4.10 (tables).
"""

import re
from collections.abc import Sequence

from attnbench.printable import one_line

LARGEST = 2**20  # bytes: a job summary of more is not shown at all
# Of what is not ASCII nothing is structure; a colon is, within an address.
_READ = re.compile(
    r"[^\w\s.,:?()/+%=>'\";\x80-\U0010ffff-]|:(?=\S)|(?<![^\W_])_|_(?![^\W_])|(?i:(?<=www)\.)"
)
_BEGINS_A_BLOCK = re.compile(r"[-+=>\s]|\d+[.)]")
_CALLS = re.compile(r"\S*(?:@\w|#\d|\bGH-\d|:\w+:|://|www\.)\S*", re.IGNORECASE)


def escaped(text: str) -> str:
    """`text` such that what is shown is `text`, within a paragraph or in a cell of a table."""
    return _READ.sub(_reference, one_line(text))


def code(text: str) -> str:
    return f"<code>{escaped(text)}</code>"


def prose(text: str) -> str:
    """The same as `escaped`, of a sentence in which somebody may be called or something linked."""
    text = one_line(text)
    found, end = [], 0
    for call in _CALLS.finditer(text):
        found += [escaped(text[end : call.start()]), code(call[0])]
        end = call.end()
    return "".join([*found, escaped(text[end:])])


def paragraph(shown: str) -> str:
    """What was escaped, at the begin of a line: a dash or a number there begins no list."""
    if _BEGINS_A_BLOCK.match(shown):
        return f"&#{ord(shown[0])};{shown[1:]}"
    return shown


def row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _reference(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"
