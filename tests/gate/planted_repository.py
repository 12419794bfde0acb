"""A git repository of its own with the package in it, for changes to be planted into."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import attnbench
from attnbench.suite_file import suites_folder

SMALL = """
title    = "small"
question = "what changed?"
heads    = "all"

[[sweep]]
device   = "meta"
metrics  = ["params", "counted", "memory_predicted"]
kernel   = ["eager", "fused"]
channels = 64
size     = [[32, 33]]

[[sweep]]
metrics  = ["output"]
kernel   = ["eager", "fused"]
batch    = 2
channels = 16
size     = [[7, 6]]

[[sweep]]
heads    = ["fcn", "eca"]
metrics  = ["latency"]
channels = 16
size     = [16]

[budget]
max_seconds        = 0.01
min_samples        = 3
warmup_seconds     = 0.0
min_sample_seconds = 0.001
"""


class Repository:
    """A working tree whose first commit is the package as it is here."""

    def __init__(self, folder: Path):
        self.folder = folder
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(Path(attnbench.__file__).parent, folder / "attnbench", ignore=ignored)
        if not (folder / "attnbench" / "suites").exists():
            shutil.copytree(suites_folder(), folder / "suites")
        (folder / ".gitignore").write_text("__pycache__/\nresults/\n")
        (folder / "small.toml").write_text(SMALL)
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit()

    def git(self, *words: str) -> str:
        who = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
        told = ["git", *who, *words]
        done = subprocess.run(told, cwd=self.folder, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "change")
        return self.git("rev-parse", "HEAD")

    def plant(self, file: str, *changes: tuple[str, str]) -> None:
        path = self.folder / "attnbench" / file
        text = path.read_text()
        for old, new in changes:
            assert text.count(old) == 1, f"{file}: {old!r} stands there {text.count(old)} times"
            text = text.replace(old, new)
        path.write_text(text)

    @property
    def worktrees(self) -> int:
        return len(self.git("worktree", "list").splitlines())

    def gate(self, *words: str, **more) -> subprocess.CompletedProcess:
        """The real command in this repository, on the small suite."""
        return subprocess.run(
            command(*words), cwd=self.folder, capture_output=True, text=True, timeout=240,
            env=self.environment(**more),
        )  # fmt: skip

    def begin(self, *words: str, **more) -> subprocess.Popen:
        return subprocess.Popen(
            command(*words), cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=self.environment(**more),
            # A shell starts what it puts in the background deaf to Ctrl-C; children inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip

    def environment(self, **more: str) -> dict[str, str]:
        """Where no path of a developer leads to another package."""
        return os.environ | {"PYTHONPATH": str(self.folder)} | more


def command(*words: str) -> list[str]:
    suite = () if "--suite" in words else ("--suite", "small.toml")
    return [sys.executable, "-m", "attnbench", "gate", *suite, *words]
