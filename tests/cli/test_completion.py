"""Completion as shells ask for it: click's protocol, and a real bash where there is one."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from attnbench.axes import AXES
from attnbench.cli import COMPLETE
from attnbench.heads import HEADS
from attnbench.suite_file import suite_names
from tests.cli.commands import ALONE, EVERY

ROOT = Path(__file__).parents[2]
RUN = ROOT / "tests" / "data" / "format-1" / "20260101-000000-tiny"
SHELLS = ["bash", "zsh", "fish"]


def asked(shell, line, cwd=None):
    """What is offered for the end of a line, as (kind, value)."""
    words = line.split(" ")
    variables = {
        "bash": {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)},
        "zsh": {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)},
        "fish": {"COMP_WORDS": line, "COMP_CWORD": words[-1]},
    }[shell]
    environment = os.environ | {COMPLETE: f"{shell}_complete", "PYTHONPATH": str(ROOT)} | variables
    done = subprocess.run(
        [sys.executable, "-m", "attnbench"], env=environment, cwd=cwd, capture_output=True,
        text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    lines = done.stdout.rstrip("\n").split("\n")
    if shell == "zsh":
        return list(zip(lines[::3], lines[1::3], strict=False))
    return [
        (kind, value.partition("\t")[0]) for kind, _, value in (s.partition(",") for s in lines)
    ]


def offered(line, cwd=None):
    return [value for kind, value in asked("bash", line, cwd) if kind == "plain"]


@pytest.fixture
def here(tmp_path):
    """With two runs."""
    for name in ("20260101-000000-tiny", "20260202-000000-small"):
        shutil.copytree(RUN, tmp_path / "results" / name)
    return tmp_path


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_is_told_the_names(shell):
    assert asked(shell, "attnbench run --suite resolution-sw") == [("plain", "resolution-sweep")]
    assert asked(shell, "attnbench run --set=dtype=bf") == [("plain", "--set=dtype=bfloat16")]


def test_commands_and_options_are_completed():
    assert offered("attnbench ") == sorted(words[0] for words in EVERY if len(words) == 1)
    assert offered("attnbench data ") == ["check"]
    assert offered("attnbench run --dry") == ["--dry-run"]
    assert offered("attnbench gate --tier ") == ["exact", "timed", "all"]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("run --suite ", suite_names()),
        ("gate --suite g", ["gate"]),
        ("run --head ", list(HEADS)),
        ("predict --head a", ["a2", "ann", "aspp"]),
        ("run --head ema:gr", ["ema:gradient="]),
        ("run --head ema:bases=32,gradient=t", ["ema:bases=32,gradient=through"]),
        ("run --only ema,c", ["ema,cbam", "ema,ccnet", "ema,cgnl"]),
        ("history --head is", ["isa"]),
        ("show em", ["ema", "ema-bases", "ema-iterations", "emanet"]),
        ("show isa --set win", ["window=", "window_width="]),
        ("run --set dt", ["dtype="]),
        ("run --set dtype=", [f"dtype={v}" for v in AXES["dtype"]]),
        ("run --set mode=inference,", ["mode=inference,training"]),
        ("run --suite smoke --set opt", []),
        ("run --suite accuracy --set optimiser=", ["optimiser=adamw", "optimiser=sgd"]),
        ("run --suite accuracy --set dataset=ca", ["dataset=camvid"]),
        ("history --metric memory_pr", None),
        ("claims --papers --paper is", ["isa"]),
        ("data check . --dataset ci", ["cityscapes"]),
        ("data check . --dataset voc --set au", ["aug="]),
        ("data check . --dataset voc --set aug=t", ["aug=true"]),
        ("data check . --dataset camvid --split v", ["val"]),
        ("run --device cuda:a", ["cuda:all"]),
        ("list d", ["datasets"]),
        ("completion z", ["zsh"]),
    ],
)
def test_names_are_completed(line, names):
    found = offered(f"attnbench {line}")

    if names is None:
        assert found[0] == "memory_predicted"
        assert all(name.startswith("memory_pr") for name in found)
    else:
        assert found == names


def test_runs_are_completed_newest_first_and_once(here):
    runs = ["20260202-000000-small", "20260101-000000-tiny"]

    for line in ("report ", "run --resume ", "claims ", "gate --baseline ", "merge "):
        assert offered(f"attnbench {line}", here) == runs, line
    assert offered(f"attnbench report {runs[0]} ", here) == runs[1:]
    assert offered("attnbench report --results elsewhere ", here) == []


@pytest.mark.parametrize(
    "line", ["run --suite my.to", "report no-such", "run --head my_head.py:M", "run --data "]
)
def test_what_is_no_name_is_left_to_the_shell(line):
    assert {kind for kind, _ in asked("bash", f"attnbench {line}")} <= {"file", "dir"}


@pytest.mark.parametrize(
    "line", ["nonsense x", "run --suite none --set ", "run --nonsense --set s"]
)
def test_a_line_that_is_wrong_is_no_error(line):
    asked("bash", f"attnbench {line}")


def test_every_value_that_is_a_name_is_completed():
    """Numbers and texts of one's own are not; paths are the shell's."""
    free = {
        "--size", "--channels", "--batch", "--level", "--margin", "--seed", "--jobs", "--threads",
        "--address", "--accelerator", "--pairs", "--decisions", "--minutes", "--base", "--at",
        "--longest", "name",
    }  # fmt: skip
    for words, command in ALONE.items():
        for param in command.params:
            name = max(param.opts, key=len)
            is_flag = getattr(param, "is_flag", False)
            knows = param._custom_shell_complete or hasattr(param.type, "choices")
            is_path = type(param.type).__name__ == "Path"
            assert is_flag or knows or is_path or name in free, (words, name)


@pytest.mark.parametrize(
    "line", ["", "run --head ", "run --suite ", "run --suite accuracy --set ", "show ", "report "]
)
def test_completing_imports_neither_torch_nor_what_a_report_needs(line):
    code = f"""
import atexit, os, sys
atexit.register(lambda: print(*({{"torch", "scipy", "pandas", "rich"}} & sys.modules.keys())))
sys.argv = ["attnbench"]
os.environ |= {{{COMPLETE!r}: "bash_complete", "COMP_WORDS": "attnbench {line}", "COMP_CWORD": "1"}}
from attnbench.cli import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert done.stdout.splitlines()[-1] == "", done.stderr


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_printed_and_is_of_this_command(shell):
    words = [sys.executable, "-m", "attnbench", "completion", shell]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stderr) == (0, "")
    assert f"{COMPLETE}={shell}_complete" in done.stdout
    assert f"attnbench completion {shell} >" in done.stdout
    assert "%(" not in done.stdout


needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")


class Terminal:
    """A real bash that has sourced the script, and keys that are pressed in it."""

    def __init__(self, folder):
        shim = folder / "bin" / "attnbench"
        shim.parent.mkdir()
        shim.write_text(
            f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m attnbench "$@"\n'
        )
        shim.chmod(0o755)
        self.child, self.fd = pty.fork()
        if self.child == 0:
            os.chdir(folder)
            path = f"{shim.parent}:{os.environ['PATH']}"
            os.execvpe(
                "bash", ["bash", "--norc", "--noprofile", "-i"],
                os.environ | {"PATH": path, "PS1": "ready> ", "TERM": "dumb"},
            )  # fmt: skip
        self.seen("ready> ")
        self.press('bind "set bell-style none"; eval "$(attnbench completion bash)"\n')
        self.seen("ready> ")

    def press(self, keys):
        os.write(self.fd, keys.encode())

    def seen(self, text, seconds=60):
        """What stands on the terminal, up to `text`."""
        found, end = "", time.monotonic() + seconds
        while text not in found:
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            assert ready, f"no {text!r} in {found!r}"
            found += os.read(self.fd, 65536).decode(errors="replace")
        return found

    def completed(self, line):
        """The line after a tab. A comment is typed behind it, which shows where it ends."""
        self.press(f"{line}\t#end")
        shown = self.seen("#end")
        self.press("\x15")  # Ctrl-U: take it back
        return re.sub(r"[\r\x07\x08]|\x1b\[\S", "", shown).removesuffix("#end")

    def close(self):
        os.close(self.fd)
        os.waitpid(self.child, 0)


@needs_bash
def test_in_a_real_bash_words_are_completed_with_their_signs(here):
    terminal = Terminal(here)
    try:
        for line, whole in {
            "attnbench predi": "attnbench predict ",
            "attnbench run --suite reso": "attnbench run --suite resolution-sweep ",
            "attnbench run --set dty": "attnbench run --set dtype=",  # a value follows: no space
            "attnbench run --set dtype=bf": "attnbench run --set dtype=bfloat16 ",
            "attnbench run --set=mode=tr": "attnbench run --set=mode=training ",
            "attnbench run --head ema:gradient=th": "attnbench run --head ema:gradient=through ",
            "attnbench run --only ema,cc": "attnbench run --only ema,ccnet ",
            "attnbench report 202602": "attnbench report 20260202-000000-small ",
        }.items():
            assert terminal.completed(line).endswith(whole), line
    finally:
        terminal.close()
