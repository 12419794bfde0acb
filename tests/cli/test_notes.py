"""--quiet and --verbose, before the name of a command and behind it; and colours."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from attnbench.cli import attnbench, run
from attnbench.cli._command import Command
from attnbench.cli._notes import note
from attnbench.conditions import Conditions
from attnbench.errors import AttnbenchError
from attnbench.host.finding import note as finding
from attnbench.host.finding import stop
from tests.cli.commands import ALONE

ROOT = Path(__file__).parents[2]
STORED = ROOT / "results" / "reference" / "sweep-cpu"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def told(*words):
    return CliRunner().invoke(attnbench, words, catch_exceptions=False)


def test_every_command_may_be_quiet():
    for words, command in ALONE.items():
        assert any("--quiet" in param.opts for param in command.params), words


@pytest.mark.parametrize("words", [["-q", "history"], ["history", "-q"], ["history", "--quiet"]])
def test_notes_are_left_out_and_warnings_stay(words, tmp_path):
    (tmp_path / "results" / "broken").mkdir(parents=True)
    (tmp_path / "results" / "broken" / "run.json").write_text("{")
    where = ["--results", str(tmp_path / "results")]
    figure = ["--plot", str(tmp_path / "steps.svg")]
    stored = [*words, str(STORED), "--metric", "macs.counted", "--head", "fcn", *figure]

    quiet = told(*stored)
    loud = told(*(word for word in stored if word not in ("-q", "--quiet")))
    bad = CliRunner().invoke(attnbench, [*words, *where])

    assert f"figure: {tmp_path / 'steps.svg'}" in loud.stderr
    assert quiet.stderr == ""
    assert quiet.stdout == loud.stdout
    assert "warning: " in bad.stderr


def test_what_stops_a_measurement_is_told_and_what_is_to_know_is_not():
    findings = (stop("others are at work", "x", "kill them"), finding("turbo is on", "x", "y"))
    found = Conditions("2026-09-01T12:00:00", "environment0", findings)

    @click.command(cls=Command)
    def looks():
        run._tell(found, 3)

    loud, quiet = (CliRunner().invoke(looks, words).stderr for words in ([], ["--quiet"]))

    assert loud.splitlines() == ["stop: others are at work; kill them", "note: turbo is on; y"]
    assert quiet.splitlines() == ["stop: others are at work; kill them"]


@pytest.mark.parametrize("words", [["-q", "-v", "claims"], ["-q", "claims", "-v"]])
def test_both_at_once_are_refused(words):
    done = CliRunner().invoke(attnbench, words)

    assert isinstance(done.exception, AttnbenchError)
    assert str(done.exception) == "--quiet and --verbose contradict each other; leave out one"


@pytest.mark.parametrize("words", [["-v", "claims"], ["claims", "--verbose"]])
def test_a_verbose_claim_tells_what_it_says_and_where(words):
    plain, more = told("claims", str(STORED)), told(*words, str(STORED))

    says = "The MACs of a non-local block grow with the square of the number of pixels"
    assert says not in plain.stdout
    assert f"{says} (CCNet, sec. 1; EMANet, sec. 1; Wang et al., CVPR 2018)" in more.stdout


def test_a_note_outside_of_a_command_is_told(capsys):
    note("a line\nand more")

    assert capsys.readouterr().err == "a line\\nand more\n"


def printed(*words, terminal=False, **variables):
    """What comes out of the command, on a terminal or into a pipe."""
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "TERM")}
    environment = kept | {"TERM": "xterm-256color", "COLUMNS": "100"} | variables
    command = [sys.executable, "-m", "attnbench", *words]
    how = {"env": environment | {"PYTHONPATH": str(ROOT)}, "timeout": 60, "cwd": ROOT}
    if not terminal:
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, **how).stdout
    ours, theirs = pty.openpty()
    child = subprocess.Popen(command, stdout=theirs, stdin=theirs, env=how["env"], cwd=ROOT)
    os.close(theirs)
    found = b""
    try:
        while part := os.read(ours, 65536):
            found += part
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    child.wait(timeout=60)
    return found.decode()


CLAIMS = ("claims", "results/reference/sweep-cpu")


def test_colours_are_of_a_terminal_unless_they_are_not_wanted():
    assert COLOUR.search(printed(*CLAIMS, terminal=True))
    assert not COLOUR.search(printed(*CLAIMS))
    no_colour = printed(*CLAIMS, terminal=True, NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", no_colour)
    assert "\x1b" not in printed(*CLAIMS, terminal=True, TERM="dumb")


def test_forced_colours_go_into_a_pipe_and_lines_stay_whole():
    forced = printed(*CLAIMS, FORCE_COLOR="1", COLUMNS="40")

    assert COLOUR.search(forced)
    assert COLOUR.sub("", forced) == printed(*CLAIMS)
