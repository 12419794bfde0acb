"""The options that write a gate, on a command that has found one."""

import json

import click
import pytest
from click.testing import CliRunner

from attnbench.cli._outputs import output_options, stdout_is_taken
from attnbench.errors import AttnbenchError, StoreError
from attnbench.gate.outputs import FORMATS, write
from tests.gate.found import EVERY


@click.command()
@click.option("--tier", default="exact")
@output_options
def command(*, tier, targets):
    click.echo(f"for people: {tier}", err=stdout_is_taken(targets))
    write(EVERY, targets)


def called(*words):
    return CliRunner().invoke(command, [*map(str, words)])


def test_every_format_has_an_option(tmp_path):
    files = {name: tmp_path / name for name in FORMATS if name != "github"}

    found = called("--github", *(w for n, path in files.items() for w in (f"--{n}", path)))

    assert found.exit_code == 0, found.output
    assert found.stdout == "for people: exact\n" + FORMATS["github"](EVERY)
    for name, path in files.items():
        assert path.read_text("utf-8") == FORMATS[name](EVERY)


def test_without_an_option_nothing_is_written():
    assert called("--tier", "timed").stdout == "for people: timed\n"


def test_a_program_that_reads_stdout_gets_nothing_else():
    found = called("--json", "-")

    assert json.loads(found.stdout)["answer"] == "worse"
    assert found.stderr == "for people: exact\n"


@pytest.mark.parametrize("words", [["--json"], ["--json", "--tier", "timed"]])
def test_json_without_a_file_is_to_stdout_as_with_every_command(words):
    found = called(*words)

    assert json.loads(found.stdout)["answer"] == "worse"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--json", "-", "--github"], "--github and --json would both write stdout"),
        (["--json", "x", "--junit", "./x"], "--junit and --json would both write "),
    ],
)
def test_two_formats_do_not_write_one_file(words, message):
    found = called(*words)

    assert isinstance(found.exception, AttnbenchError)
    assert message in str(found.exception)


def test_a_folder_is_no_file_to_write(tmp_path):
    assert "is a directory" in called("--json", tmp_path).output


def test_a_file_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()

    found = called("--json", tmp_path / "file" / "x")

    assert isinstance(found.exception, StoreError)


def test_help_lists_the_formats_in_order():
    told = called("--help").stdout

    places = [told.index(f"--{name}") for name in FORMATS]
    assert places == sorted(places)
