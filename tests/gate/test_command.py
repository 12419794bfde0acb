"""Every answer and every exit code of the command, with workers whose times are made up."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUITE = """
title    = "made up"
question = "which is slower?"
heads    = ["fcn", "ema", "gc", "isa"]

[[sweep]]
device   = "meta"
metrics  = ["params"]
channels = 16
size     = 8

[[sweep]]
metrics  = ["latency"]
channels = 16
size     = 8

[gate]
pairs = 9
"""
CALM = {"fcn": 1e-3, "ema": 2e-3, "gc": 1e-4, "isa": 5e-3}


class Here:
    """A repository with a suite and made-up speeds; each commit has its own."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "made-up.toml").write_text(SUITE)
        (folder / ".gitignore").write_text("results/\n")
        self.git("init", "--quiet")
        self.speeds(CALM)

    def git(self, *words):
        who = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
        told = ["git", *who, *words]
        return subprocess.run(told, cwd=self.folder, check=True, capture_output=True, text=True)

    def speeds(self, speeds, *, commit=True):
        (self.folder / "speed.json").write_text(json.dumps(speeds))
        if commit:
            self.git("add", "--all")
            self.git("commit", "--quiet", "--allow-empty", "--message", "speeds")

    def command(self, *words):
        given = () if "--suite" in words else ("--suite", "made-up.toml")
        return [sys.executable, "-m", "tests.gate.fake_gate", "gate", "--seed", "1", *given, *words]

    def how(self, **more):
        return {
            "cwd": self.folder, "text": True, "env": os.environ | {"PYTHONPATH": str(ROOT)} | more,
        }  # fmt: skip

    def gate(self, *words, **more):
        told = self.command(*words)
        return subprocess.run(told, capture_output=True, timeout=240, **self.how(**more))

    @property
    def stored(self):
        return sorted((self.folder / "results").iterdir())

    def worktrees(self):
        return self.git("worktree", "list").stdout.splitlines()


@pytest.fixture
def here(tmp_path):
    return Here(tmp_path)


def one_line(done):
    assert done.stderr.count("error: ") == 1, done.stderr
    return next(line for line in done.stderr.splitlines() if line.startswith("error: "))


def test_nothing_changed_is_the_same(here):
    here.speeds(CALM)

    done = here.gate("--base", "HEAD~1")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "12 same" in done.stdout
    assert "9 pairs a cell, 9 needed for 4 cells at level 0.01; margin 2 %" in done.stdout
    assert re.search(
        r"a slow-down of \d\.\d+ % is mostly caught here \(with power 0\.8\)", done.stdout
    )
    assert len(here.worktrees()) == 1


def test_a_slower_head_is_worse_and_confirmed_and_a_faster_one_better(here):
    here.speeds(CALM | {"ema": 2.2e-3, "gc": 0.9e-4})

    done = here.gate("--base", "HEAD~1", "--tier", "timed", "--json", "-")

    assert done.returncode == 1, done.stdout + done.stderr
    gate = json.loads(done.stdout)
    by_head = {t["trial"]["head"]: t for t in gate["timed"]}
    assert {h: t["answer"] for h, t in by_head.items()} == {
        "fcn": "same", "ema": "worse", "gc": "better", "isa": "same",
    }  # fmt: skip
    ema = by_head["ema"]
    assert ema["ratio"]["low"] <= 1.1 <= ema["ratio"]["high"]
    assert ema["confirmed"] is True
    assert ema["p"] == pytest.approx(2**-9)
    assert re.fullmatch(
        r"latency 2.\d+ ms -> 2.\d+ ms \(\+9.\d % to \+10.\d %, allowed 2 %\)", ema["message"]
    )
    # A second look at one cell: nine rounds more of it alone.
    (folder,) = here.stored
    lines = (folder / "head" / "records.jsonl").read_text().splitlines()
    assert len(lines) == 4 * 9 + 9


def test_noise_in_which_nothing_shows_is_unclear(here):
    here.speeds(CALM | {"noise": 0.2})
    here.speeds(CALM | {"noise": 0.2}, commit=False)
    here.git("commit", "--allow-empty", "--quiet", "--message", "again")

    done = here.gate("--base", "HEAD~1", "--tier", "timed")
    passed = here.gate("--base", "HEAD~1", "--tier", "timed", "--unclear", "pass")

    assert (done.returncode, passed.returncode) == (3, 0), done.stdout + done.stderr
    assert "unclear" in done.stdout


def test_a_head_that_no_longer_runs_is_worse_and_one_that_does_is_new(here):
    here.speeds(CALM | {"gc": "dies"})
    here.speeds(CALM | {"ema": "no such thing"})

    done = here.gate("--base", "HEAD~1", "--tier", "timed")

    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search("worse +ema .* no longer runs: error: no such thing", done.stdout)
    assert re.search("new +gc .* runs now; base: crashed: ended with exit code 7", done.stdout)


def test_too_few_pairs_are_refused_with_the_number(here):
    here.speeds(CALM)

    done = here.gate("--base", "HEAD~1", "--pairs", "5")

    assert done.returncode == 2
    assert "5 pairs cannot tell anything of 4 timed cells at level 0.01: 9 are needed" in one_line(
        done
    )
    assert not (here.folder / "results").exists()


WRONG = [
    ((), "what is the base? --base origin/main, or --baseline results/RUN"),
    (("--base", "HEAD", "--baseline", "results/x"), "what is the base?"),
    (("--base", "nowhere"), "no commit 'nowhere' here; a shallow clone has to fetch it first"),
    (("--base", "--all"), "no commit '--all' here"),
    (("--base", "HEAD", "--margin", "-1"), "margin = -1.0: expected a relative change"),
    (("--base", "HEAD", "--level", "0"), "level = 0.0: expected a chance"),
    (
        ("--base", "HEAD", "--only", "emma"),
        "unknown head of this suite 'emma'; did you mean 'ema'?",
    ),
    (("--base", "HEAD", "--suite", "gat"), "unknown suite 'gat'; did you mean 'gate'?"),
    (("--base", "HEAD", "--device", "cuda:9"), "device 'cuda:9' is not there"),
    (("--baseline", "none"), "none: no such run folder"),
]


@pytest.mark.parametrize(("words", "message"), WRONG)
def test_wrong_use_is_one_line_and_leaves_nothing(here, words, message):
    done = here.gate(*words)

    assert done.returncode == 2, done.stderr
    assert message in one_line(done)
    assert len(here.worktrees()) == 1
    assert not list((here.folder / "results").glob("*"))


def test_outside_of_a_repository_there_is_no_base(tmp_path):
    (tmp_path / "made-up.toml").write_text(SUITE)
    outside = object.__new__(Here)
    outside.folder = tmp_path

    done = outside.gate("--base", "HEAD", GIT_CEILING_DIRECTORIES=str(tmp_path.parent))

    assert done.returncode == 2
    assert "not in a git repository; --base needs one, --baseline does not" in one_line(done)


def test_a_tree_with_changes_is_refused_and_allowed_when_told(here):
    here.speeds(CALM | {"gc": 1.1e-4}, commit=False)

    refused = here.gate("--base", "HEAD", "--tier", "exact")
    allowed = here.gate("--base", "HEAD", "--tier", "exact", "--allow-dirty")

    assert refused.returncode == 2
    assert "changes that no commit has: speed.json; commit or stash that" in one_line(refused)
    assert allowed.returncode == 1  # made-up parameters: a number for each microsecond
    assert "note: the working tree has changes that no commit has: speed.json" in allowed.stdout
    assert re.search(r"worse +gc .* params 100 -> 110 \(\+10.0 %\)", allowed.stdout)


def test_what_is_tolerated_by_the_suite_is_the_same(here):
    text = SUITE + 'tolerate = { params = 0.1, "params.frozen" = 0.1 }\n'
    (here.folder / "made-up.toml").write_text(text)
    here.speeds(CALM)
    here.speeds(CALM | {"gc": 1.1e-4})

    done = here.gate("--base", "HEAD~1", "--tier", "exact")

    assert done.returncode == 0, done.stdout
    assert re.search(r"same +gc .* params 100 -> 110", done.stdout)


def test_a_base_that_does_not_start_cannot_be_compared(here):
    here.speeds({"start": "ImportError: no torch of this kind"})
    here.speeds(CALM)

    done = here.gate("--base", "HEAD~1")

    assert done.returncode == 4
    told = "base HEAD~1 does not start: ImportError: no torch of this kind"
    assert told in one_line(done)
    assert len(here.worktrees()) == 1
    assert here.stored == []


def test_a_head_that_does_not_start_is_worse(here):
    here.speeds({"start": "SyntaxError: what is this"})

    done = here.gate("--base", "HEAD~1")

    assert done.returncode == 1
    assert "head working tree does not start: SyntaxError: what is this" in one_line(done)


def test_a_baseline_needs_no_repository_but_the_same_machine(here):
    here.speeds(CALM)
    first = here.gate("--base", "HEAD~1", FAKE_CPU="quick")
    (run,) = here.stored
    assert first.returncode == 0, first.stdout + first.stderr

    same = here.gate("--baseline", str(run), FAKE_CPU="quick")
    other = here.gate("--baseline", str(run), FAKE_CPU="slow", FAKE_TORCH="9.9")
    exact = here.gate("--baseline", str(run), "--tier", "exact", FAKE_CPU="slow")
    allowed = here.gate("--baseline", str(run), "--allow-mismatch", FAKE_CPU="slow")

    assert same.returncode == 0, same.stdout + same.stderr
    assert "and not side by side: what the machine has drifted since is in them" in same.stdout
    assert other.returncode == 4
    assert "torch 2.0 -> 9.9; cpu quick -> slow; measure it here, or add --allow" in one_line(other)
    assert exact.returncode == 0, exact.stderr  # counts are those of any machine
    assert allowed.returncode == 0
    assert "was measured elsewhere: cpu quick -> slow" in allowed.stdout


def test_against_a_baseline_a_slower_head_is_worse(here):
    here.speeds(CALM)
    here.gate("--base", "HEAD~1")
    (run,) = here.stored
    here.speeds(CALM | {"isa": 6e-3})

    done = here.gate("--baseline", run.name, "--tier", "timed")

    assert done.returncode == 1, done.stdout + done.stderr
    told = r"worse +isa .* latency (4\.9|5\.0)\d ms -> (5\.9|6\.0)\d ms \(\+(19|20)\."
    assert re.search(told, done.stdout)  # with noise of 0.2 %
    assert "1 worse, 3 same" in done.stdout


def test_a_baseline_of_other_trials_cannot_be_compared(here):
    here.speeds(CALM)
    here.gate("--base", "HEAD~1", "--tier", "exact")
    (run,) = here.stored

    done = here.gate("--baseline", str(run), "--set", "size=9", "--tier", "exact")

    assert done.returncode == 4
    assert "has none of the trials that are asked for" in one_line(done)


def test_a_baseline_of_a_newer_format_is_told(here):
    here.speeds(CALM)
    here.gate("--base", "HEAD~1", "--tier", "exact")
    (run,) = here.stored
    info = json.loads((run / "head" / "run.json").read_text())
    (run / "head" / "run.json").write_text(json.dumps(info | {"schema": 99}))

    done = here.gate("--baseline", str(run))

    assert done.returncode == 2
    assert "written in format 99, newer than" in one_line(done)


def processes():
    """Command lines of the workers that run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
    return [line for line in found if "tests.gate.fake_worker" in line]


def begun(here, *words):
    """A gate that is in the middle of its times."""
    here.speeds(dict.fromkeys(CALM, "slowly"))
    here.speeds(dict.fromkeys(CALM, "slowly") | {"other": 1})
    child = subprocess.Popen(
        here.command("--base", "HEAD~1", "--tier", "timed", *words),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **here.how(),
    )  # fmt: skip
    until = time.monotonic() + 150
    while not list(here.folder.glob("results/*/head/records.jsonl")) or not (
        next(here.folder.glob("results/*/head/records.jsonl")).stat().st_size
    ):
        assert time.monotonic() < until
        assert child.poll() is None, child.communicate()
        time.sleep(0.05)
    return child


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_gate_leaves_no_worktree_and_no_process(here, number):
    child = begun(here)
    assert len(here.worktrees()) == 2

    child.send_signal(number)
    _, said = child.communicate(timeout=60)

    assert child.returncode == 130, said
    assert "Traceback" not in said
    assert len(here.worktrees()) == 1
    assert not Path(here.worktrees()[0]).joinpath(".git/worktrees").exists()
    assert processes() == []
    (folder,) = here.stored
    assert (folder / "head" / "records.jsonl").stat().st_size  # what was measured is kept
    assert not (folder / "gate.json").exists()


def test_what_a_killed_gate_left_behind_the_next_one_removes(here):
    child = begun(here)
    child.kill()
    child.communicate()
    (left,) = (line.split()[0] for line in here.worktrees()[1:])
    assert Path(left).is_dir()
    until = time.monotonic() + 20
    while processes() and time.monotonic() < until:  # keepers end with the gate
        time.sleep(0.05)
    assert processes() == []

    here.speeds(CALM)
    done = here.gate("--base", "HEAD", "--tier", "exact")

    assert done.returncode == 0, done.stderr
    assert len(here.worktrees()) == 1
    assert not Path(left).parent.exists()
