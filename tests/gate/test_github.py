"""Annotations are read back as GitHub's runner reads them."""

import re

import pytest

from attnbench.gate.outputs.github import SHOWN, command, github
from attnbench.printable import one_line
from tests.gate.found import EMPTY, EVERY, HOSTILE, change, gate

# As the runner takes them: the line begins with the command, the first "::" after it ends the
# properties, which are parted by commas; then the escapes are undone, the per cent sign last.
_COMMAND = re.compile(r"::(?P<kind>[\w-]+) (?P<properties>.*?)::(?P<message>.*)")
_ESCAPES = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))


def undone(text, escapes):
    for written, character in escapes:
        text = text.replace(written, character)
    return text


def annotations(text):
    """(kind, title, message) of each line; every line has to be one."""
    found = []
    for line in text.splitlines():
        told = _COMMAND.fullmatch(line)
        assert told, line
        properties = dict(p.split("=", 1) for p in told["properties"].split(","))
        assert list(properties) == ["title"]
        title = undone(properties["title"], _ESCAPES)
        found.append((told["kind"], title, undone(told["message"], (*_ESCAPES[:2], _ESCAPES[4]))))
    return found


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_is_in_a_command_comes_back_as_it_was(text):
    line = command("error", text, text)

    assert "\n" not in line
    assert "\r" not in line
    assert annotations(line.replace("\x85", " ")) == [
        ("error", text.replace("\x85", " "), text.replace("\x85", " "))
    ]  # the runner ends no line at \x85, as splitlines does


def test_worse_is_an_error_unclear_a_warning_and_the_answer_a_notice():
    found = annotations(github(EVERY))

    assert [kind for kind, *_ in found] == ["error"] * 3 + ["warning"] * 3 + ["notice"]
    assert found[0][1:] == (
        "worse: ccnet",
        (
            "macs.counted of ccnet, 1x512x64x64, attention, float32, meta, inference: "
            "1.00 kMAC -> 2.00 kMAC (+100 %)"
        ),
    )
    assert found[-1][1:] == (
        "attnbench gate",
        (
            "Worse: 3 worse, 2 unclear, 1 gone, 1 new, 2 better, 2 same. "
            "HEAD (fedcba987654) against origin/main (0123456789ab)."
        ),
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_is_a_command_is_text(name):
    error, notice = annotations(github(gate(change(name, message=name), suite=name)))

    assert error[:2] == ("error", f"worse: {one_line(name)}")
    assert notice[0] == "notice"


def test_what_github_would_drop_is_counted():
    many = gate(*(change(f"head{i}") for i in range(25)))
    just = gate(*(change(f"head{i}") for i in range(SHOWN)))

    kinds = [kind for kind, *_ in annotations(github(many))]
    assert kinds.count("error") == SHOWN
    assert annotations(github(many))[SHOWN - 1][1] == "16 more"
    assert [t for _, t, _ in annotations(github(just))][SHOWN - 1] == "worse: head9"


def test_a_gate_that_compared_nothing_says_so():
    assert annotations(github(EMPTY)) == [
        (
            "notice",
            "attnbench gate",
            "Nothing was compared. HEAD (fedcba987654) against origin/main (0123456789ab).",
        )
    ]
