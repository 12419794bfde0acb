"""Ctrl-C ends any command with one line and exit code 130, and leaves nothing half-written."""

import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from attnbench.errors import EXIT_INTERRUPTED
from tests.cli.test_json_of_all import FORMATS

ROOT = Path(__file__).parents[2]
INTERRUPTED_AT_THE_LAST_MOMENT = """
import sys
from pathlib import Path

def interrupt(*_):
    raise KeyboardInterrupt

Path.replace = Path.rename = interrupt  # by which what was written takes its place
sys.argv = ["attnbench", *{words!r}]
from attnbench.cli import main
main()
"""


@pytest.fixture
def here(tmp_path):
    for path in FORMATS[:2]:
        shutil.copytree(path, tmp_path / "results" / path.name)
    return tmp_path


ONE, TWO = (path.name for path in FORMATS[:2])


@pytest.mark.parametrize(
    "words",
    [
        ["export", ONE, "--csv", "readings.csv"],
        ["merge", ONE, TWO, "--into", "both"],
        ["report", ONE, "--markdown"],
        ["report", ONE, "--csv"],
        ["history", "--metric", "macs.counted", "--plot", "steps.svg"],
    ],
    ids=" ".join,
)
def test_nothing_is_left_half_written(words, here):
    before = sorted(here.rglob("*"))
    code = INTERRUPTED_AT_THE_LAST_MOMENT.format(words=words)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=here, env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=100,
    )  # fmt: skip

    told = [line for line in done.stderr.splitlines() if not line.startswith("warning: ")]
    assert (done.returncode, told, done.stdout) == (EXIT_INTERRUPTED, ["interrupted"], "")
    left = [p for p in sorted(here.rglob("*")) if p not in before]
    assert [p for p in left if p.name != "reports"] == []  # an empty folder


def interrupted(words, here, **streams):
    """Where torch is being loaded, which every one of them does first."""
    child = subprocess.Popen(
        [sys.executable, "-m", "attnbench", *words], cwd=here, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **streams,
    )  # fmt: skip
    maps, end = Path(f"/proc/{child.pid}/maps"), time.monotonic() + 60
    while "libtorch" not in maps.read_text():
        assert time.monotonic() < end
        assert child.poll() is None
        time.sleep(0.01)
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    return child


@pytest.mark.parametrize(
    "words",
    [["claims", "--papers"], ["predict", "--head", "psa", "--head", "isa", "--size", "64"]],
    ids=" ".join,
)
def test_a_count_ends_with_one_line(words, here):
    child = interrupted(["-q", *words], here, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, errors = child.communicate(timeout=60)

    assert (child.returncode, out, errors) == (EXIT_INTERRUPTED, "", "interrupted\n")


def test_on_a_terminal_the_line_begins_behind_the_echo(here):
    ours, theirs = pty.openpty()
    child = interrupted(["claims", "--papers"], here, stdout=subprocess.PIPE, stderr=theirs)
    child.communicate(timeout=60)
    os.close(theirs)

    assert child.returncode == EXIT_INTERRUPTED
    assert os.read(ours, 1 << 16).decode().endswith("\r\ninterrupted\r\n")
    os.close(ours)


def test_a_dry_run_that_is_interrupted_leaves_no_process_and_no_folder(here):
    child = subprocess.Popen(
        [sys.executable, "-m", "attnbench", "run", "--suite", "smoke", "--dry-run"], cwd=here,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    children, end = Path(f"/proc/{child.pid}/task/{child.pid}/children"), time.monotonic() + 60
    while not (started := children.read_text().split()):
        assert time.monotonic() < end
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    out, errors = child.communicate(timeout=60)

    assert (child.returncode, out, errors) == (EXIT_INTERRUPTED, "", "interrupted\n")
    while any(Path(f"/proc/{pid}").exists() for pid in started):  # a keeper that was just starting
        assert time.monotonic() < end
        time.sleep(0.01)
    assert sorted(p.name for p in (here / "results").iterdir()) == sorted((ONE, TWO))


@pytest.mark.parametrize(
    "then", ["raise ImportError('cannot load module more than once')", "return 0", "return 1"]
)
def test_an_interrupt_that_a_library_loses_is_one_all_the_same(then, tmp_path):
    code = f"""
import os, signal, sys
from attnbench import cli

def called():
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        {then}

cli._called = called
cli.main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (EXIT_INTERRUPTED, "interrupted\n")


def test_while_torch_is_loaded_an_interrupt_is_noted_and_not_raised(tmp_path):
    (tmp_path / "torch.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    code = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from attnbench.cli._interrupts import heed, note_interrupts
note_interrupts()
import torch
print("loaded", flush=True)
try:
    heed()
except KeyboardInterrupt:
    print("heeded")
"""
    env = os.environ | {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)

    assert done.stdout.splitlines() == ["loaded", "heeded"], done.stderr
