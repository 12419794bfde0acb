"""The help of every command: examples that work, defaults, choices, headings, width."""

import click
import pytest
from click.testing import CliRunner

from attnbench.cli import attnbench
from attnbench.cli._command import OTHERS
from attnbench.errors import UnknownNameError
from tests.cli.commands import ALONE, EVERY, parsed, words_of

EXAMPLES = [
    line for command in (attnbench, *EVERY.values()) for line in getattr(command, "examples", ())
]
CHEAP = [
    "attnbench list heads",
    "attnbench show complexity",
    "attnbench claims results/reference/sweep-cpu --json",
    'eval "$(attnbench completion bash)"',
    "attnbench export results/reference/sweep-cpu --csv sweep.csv",
]
AS_MANY_SHOWN = 12  # options that one may look through without headings


def help_of(words):
    return CliRunner().invoke(attnbench, [*words, "--help"]).output


@pytest.mark.parametrize("words", [(), *EVERY], ids=" ".join)
def test_help_ends_in_an_example(words):
    command = EVERY.get(words, attnbench)

    assert help_of(words).splitlines()[-1].strip() == command.examples[-1]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_understood(example):
    context = parsed(words_of(example))

    assert context.command in EVERY.values()


def test_an_example_that_is_wrong_is_not_understood():
    with pytest.raises(UnknownNameError):
        parsed(words_of("attnbench run --suit x"))


@pytest.mark.parametrize("example", CHEAP)
def test_examples_that_take_no_time_work(example, tmp_path):
    assert example in EXAMPLES
    words = [str(tmp_path / w) if w.endswith(".csv") else w for w in words_of(example)]

    done = CliRunner().invoke(attnbench, words, catch_exceptions=False)

    assert done.exit_code == 0
    assert done.stdout


@pytest.mark.parametrize("words", [(), *EVERY], ids=" ".join)
def test_help_fits_a_terminal_of_80_columns(words):
    assert max(map(len, help_of(words).splitlines())) <= 80


@pytest.mark.parametrize("words", ALONE, ids=" ".join)
def test_every_default_and_every_choice_is_shown(words):
    for param in ALONE[words].params:
        if not isinstance(param, click.Option) or param.hidden:
            continue
        is_told = param.show_default or "[default" in (param.help or "")
        default = param.to_info_dict()["default"]
        assert is_told or default in (None, False, "", ()), param
        if isinstance(param.type, click.Choice):
            assert param.metavar is None, param
        assert param.help, param


@pytest.mark.parametrize("words", ALONE, ids=" ".join)
def test_many_options_stand_under_headings(words):
    options = [p for p in ALONE[words].params if isinstance(p, click.Option)]
    headings = {getattr(p, "heading", OTHERS) for p in options}

    assert len(headings) > 1 or len(options) <= AS_MANY_SHOWN


def test_the_options_of_a_run_are_in_the_order_of_the_questions():
    told = help_of(["run"])

    places = [told.index(f"\n{h}:") for h in ("What to measure", "How", "Where", "Examples")]
    assert places == sorted(places)
