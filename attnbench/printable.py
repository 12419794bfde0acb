"""Text of others made harmless to print: nothing in it steers a terminal or turns the reading."""

import json
import re

# C0 but tab and newline, DEL, C1; marks that turn the direction of text or take no place; line
# separators; surrogates, which no encoding has; tags.
_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\ufff9-\uffff\U000e0000-\U000e007f]"
)
LONGEST_NAME = 200


def printable(text: str) -> str:
    r"""`text` with what steers a terminal written out, as in "\x1b"; tabs and newlines stay."""
    return _STEERING.sub(_written_out, text)


def one_line(text: str) -> str:
    r"""The same, with newlines and tabs written out as well."""
    return printable(text).replace("\n", r"\n").replace("\t", r"\t")


def printable_json(text: str) -> str:
    r"""JSON that reads the same, with what steers a terminal escaped, as in "\u200b"."""
    return _STEERING.sub(lambda found: json.dumps(found[0])[1:-1], text)


def is_name(text: str) -> bool:
    """Whether `text` can stand in a table or a figure as the name of something."""
    return text.isprintable() and len(text) <= LONGEST_NAME


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x100:
        return rf"\x{code:02x}"
    return rf"\u{code:04x}" if code < 0x10000 else rf"\U{code:08x}"
