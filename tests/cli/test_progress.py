"""How progress is told: lines into a pipe, a bar that vanishes on a terminal, nothing if quiet."""

import io
import os
import pty
import re
import signal
import time

import click
import pytest
from click.testing import CliRunner

from attnbench.cli._command import Command
from attnbench.cli._progress import Lines, is_live, progress
from attnbench.cli._training_log import TrainingLog
from attnbench.store import read_run
from tests.cli.test_json_of_all import FORMATS


class Clock:
    """A tenth of the time for each of ten steps."""

    def __init__(self, step):
        self.now, self.step = -step, step

    def __call__(self):
        self.now += self.step
        return self.now


def lines(seconds, total=100):
    stream = io.StringIO()
    tell = Lines(stream, Clock(seconds / total))
    for done in range(total + 1):
        tell("reading", done, total)
    return stream.getvalue().splitlines()


def test_what_takes_long_has_a_line_for_each_tenth_with_the_time_left():
    told = lines(seconds=100)

    assert told[0] == "reading 10 %, about 1 min 30 s left"
    assert told[5] == "reading 60 %, about 40 s left"
    assert told[-1] == "reading 100 %"
    assert len(told) == 10


def test_what_is_done_at_once_has_no_line():
    assert lines(seconds=1) == []


def test_a_second_matter_is_timed_by_itself():
    stream, clock = io.StringIO(), Clock(1.0)
    tell = Lines(stream, clock)
    for what in ("one", "two"):
        for done in range(11):
            tell(what, done, 10)

    told = stream.getvalue().splitlines()
    assert told[0] == "one 20 %, about 8 s left"
    assert "two 20 %, about 8 s left" in told


def test_nothing_to_do_is_no_division_by_zero():
    tell = Lines(io.StringIO(), Clock(3.0))

    for _ in range(3):
        tell("reading", 0, 0)


@click.command(cls=Command)
def waits():
    stream = io.StringIO()
    with progress(stream) as tell:
        for done in range(11):
            tell("waiting", done, 10)
    click.echo(stream.getvalue(), nl=False)


def test_quiet_has_no_progress(monkeypatch):
    monkeypatch.setattr("attnbench.cli._progress.PATIENCE", 0.0)

    assert "waiting 50 %" in CliRunner().invoke(waits).stdout
    assert CliRunner().invoke(waits, ["-q"]).stdout == ""


def test_an_interrupt_that_got_lost_is_heeded_with_the_next_step(monkeypatch):
    with progress(io.StringIO()) as tell:
        tell("waiting", 1, 3)
        monkeypatch.setattr("attnbench.cli._interrupts._SEEN", [signal.SIGINT])
        with pytest.raises(KeyboardInterrupt):
            tell("waiting", 2, 3)


@pytest.fixture
def terminal(monkeypatch):
    """The end of a terminal that a program writes to; a function hangs up and tells all that was
    written, which a single read need not: the kernel hands it over piece by piece.
    """
    ours, theirs = pty.openpty()
    stream = os.fdopen(theirs, "w")

    def shown():
        stream.close()
        return b"".join(pieces(ours)).decode()

    monkeypatch.setenv("TERM", "xterm")
    yield stream, shown
    stream.close()
    os.close(ours)


def pieces(terminal):
    """What was written on the other end, which is closed."""
    while True:
        try:
            yield os.read(terminal, 1 << 16)
        except OSError:  # so Linux tells that nothing is left
            return


def test_a_terminal_has_a_bar_that_is_gone_at_the_end(terminal):
    stream, shown = terminal
    with progress(stream) as tell:
        tell("reading", 1, 2)
        tell("reading", 2, 2)

    drawn, _, last = shown().rpartition("\x1b[2K")  # wipes the line
    assert "reading" in drawn
    assert not re.sub(r"\x1b\[\S+?[a-z]|\r", "", last)


@pytest.mark.parametrize(
    ("variable", "value", "live"), [("TERM", "xterm", True), ("TERM", "dumb", False)]
)
def test_a_dumb_terminal_has_lines(terminal, monkeypatch, variable, value, live):
    monkeypatch.setenv(variable, value)
    stream, shown = terminal
    monkeypatch.setattr("attnbench.cli._progress.PATIENCE", 0.0)
    with progress(stream) as tell:
        tell("waiting", 0, 2)
        tell("waiting", 1, 2)

    assert ("\x1b" in shown()) is live


def test_forced_colours_make_no_terminal_of_a_pipe(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    from rich.console import Console

    assert Console(file=io.StringIO()).is_terminal  # as rich has it
    assert not is_live(Console(file=io.StringIO()))


def test_reading_a_run_is_told_in_bytes():
    run = FORMATS[0]
    told = []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("attnbench.plain_files.BLOCK", 1000)
        found = read_run(run, lambda *how_far: told.append(how_far))

    size = (run / "records.jsonl").stat().st_size
    assert found.records == read_run(run).records
    assert told[-1] == (f"reading {run.name}", size, size)
    assert [done for _, done, _ in told] == sorted({done for _, done, _ in told})


def test_the_newest_step_of_a_training_is_found_in_the_log(tmp_path):
    path = tmp_path / "worker.log"
    path.write_text("ema, seed 1: step 5 of 600, loss 2.1, 300 s left\n")
    log = TrainingLog(path)  # what stands there is of an earlier part of the run
    before = log.last()
    with path.open("a") as stream:
        stream.write("ema, seed 2: step 100 of 600, loss 1.2, 60 s left\nUserWarning: x\n")

    assert before == ""
    assert log.last() == "ema, seed 2: step 100 of 600, loss 1.2, 60 s left"
    assert TrainingLog(tmp_path / "none").last() == ""


def test_steps_are_printed_while_a_training_goes_on(tmp_path):
    from rich.console import Console

    path, stream = tmp_path / "worker.log", io.StringIO()
    path.touch()
    log, line = TrainingLog(path), "ema, seed 2: step 100 of 600, loss 1.2, 60 s left"
    with log.told(Console(file=stream, width=40), every=0.01):
        path.write_text(line + "\n")
        while not stream.getvalue():
            time.sleep(0.001)

    assert stream.getvalue() == line + "\n"
