"""Own heads, metrics and data sets on the command line: written, shown, measured, gated."""

import json
import os
import subprocess
import sys

import pytest

from attnbench.run.asked import Asked
from attnbench.skeletons import KINDS
from attnbench.store import read_run
from attnbench.suite_file import read_suite, suite_path

MINE = '''"""Mine: a 1x1 convolution."""

from torch import nn


class Mine(nn.Module):
    def __init__(self, channels: int, *, layers: int = 1):
        super().__init__()
        self.layers = nn.Sequential(*(nn.Conv2d(channels, channels, 1) for _ in range(layers)))

    def forward(self, x):
        return self.layers(x)


class Wider(nn.Conv2d):
    def __init__(self, channels: int):
        super().__init__(channels, channels + 1, 1)
'''
COUNTED = """
title    = "counted"
question = "what does it cost?"
heads    = ["fcn"]

[[sweep]]
device   = "meta"
metrics  = ["params", "modelled", "counted"]
channels = 16
size     = [4, 6]
"""


@pytest.fixture
def here(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "counted.toml").write_text(COUNTED)
    return tmp_path


def attnbench(folder, *words, env=None):
    return subprocess.run(
        [sys.executable, "-m", "attnbench", *words],
        cwd=folder, capture_output=True, text=True, timeout=300, env=os.environ | (env or {}),
    )  # fmt: skip


def run_of(folder, name="results"):
    (path,) = (folder / name).iterdir()
    return read_run(path)


def counts(run, head, metric="macs.counted"):
    return {
        (r.trial.shape.height, *r.trial.options.values()): r.readings[metric].samples[0]
        for r in run.records
        if r.trial.head == head
    }


def test_an_own_head_is_measured_beside_a_published_one(here):
    words = ("--head", "mine.py:Mine", "--head", "mine.py:Mine:layers=3")

    done = attnbench(here, "run", "--suite", "counted.toml", *words)

    assert done.returncode == 0, done.stderr
    run = run_of(here)
    # 16 x 16 multiply-adds a pixel and layer
    assert counts(run, "Mine") == {
        (4,): 4096, (6,): 9216, (4, 3): 3 * 4096, (6, 3): 3 * 9216,
    }  # fmt: skip
    assert counts(run, "fcn")
    mine = next(r for r in run.records if r.trial.head == "Mine")
    assert mine.unmeasured["modelled"] == "Mine declares no cost"
    assert len(mine.source) == 12


def test_a_report_of_an_own_head_needs_none_of_its_code(here):
    attnbench(here, "run", "--suite", "counted.toml", "--head", "mine.py:Mine")
    (here / "mine.py").unlink()

    done = attnbench(here, "report", "--html")

    assert done.returncode == 0, done.stderr
    (page,) = (here / "reports").glob("*.html")
    assert "Mine" in page.read_text()


def test_a_run_with_an_own_head_is_resumed_from_another_folder(here):
    attnbench(here, "run", "--suite", "counted.toml", "--head", "mine.py:Mine")
    path = run_of(here).path
    lines = (path / "records.jsonl").read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if b'"head":"Mine"' not in line or b'"height":6' not in line]
    assert len(kept) == len(lines) - 1
    (path / "records.jsonl").write_bytes(b"".join(kept))
    (here / "elsewhere").mkdir()

    done = attnbench(here / "elsewhere", "run", "--resume", str(path))

    assert done.returncode == 0, done.stderr
    assert "resumed: 3 of 4 records kept" in done.stderr
    assert counts(run_of(here), "Mine") == {(4,): 4096, (6,): 9216}


def test_a_changed_head_is_measured_again(here):
    attnbench(here, "run", "--suite", "counted.toml", "--head", "mine.py:Mine")
    (here / "mine.py").write_text(
        MINE.replace("channels, channels, 1", "channels, channels, 3, 1, 1")
    )

    done = attnbench(here, "run", "--resume", str(run_of(here).path))

    assert "2 made again: the code of Mine has changed" in done.stderr
    latest = {r.trial.shape.height: r for r in run_of(here).records if r.trial.head == "Mine"}
    assert latest[4].readings["macs.counted"].samples == (9 * 4096,)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--head", "mine.py:Mien"), "error: mine.py:Mien: unknown class or function 'Mien'"),
        (("--head", "other.py:Mine"), "error: other.py: no such file"),
        (("--head", "mine.py:Wider"), "Wider: output has shape (1, 17, 4, 4), expected (1, 16, 4"),
        (("--metric", "latensy"), "unknown metric 'latensy'; did you mean 'latency'"),
        (("--metric", "latency"), "--metric latency: needs a device, and counted only counts"),
        (("--set", "kernel=fused", "--head", "mine.py:Mine"), ""),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_measured(here, words, says):
    done = attnbench(here, "run", "--suite", "counted.toml", *words)

    if not says:  # a skip with its reason is a record
        told = {r.message for r in run_of(here).records if r.trial.head == "Mine"}
        assert told == {"Mine has no fused kernel, only eager, compiled"}
        return
    if says.startswith("Wider"):  # it is known once it has run
        told = {r.message for r in run_of(here).records if r.trial.head == "Wider"}
        assert not told - {""}
        return
    assert done.returncode == 2
    assert says in done.stderr
    assert not (here / "results").exists()


def test_a_head_that_returns_another_shape_is_an_error_in_its_records(here):
    words = ("--only", "ema", "--set", "size=16", "--set", "mode=inference")
    attnbench(here, "run", "--suite", "smoke", *words, "--head", "mine.py:Wider", "--no-probe")

    of_it = [r for r in run_of(here).records if r.trial.head == "Wider" and r.trial.device == "cpu"]
    assert [r.status for r in of_it] == ["error"]
    assert "output has shape (2, 65, 16, 16), expected (2, 64, 16, 16)" in of_it[0].message


def test_own_heads_are_shown_and_predicted(here):
    shown = attnbench(here, "show", "mine.py:Mine", "--channels", "16", "--size", "4", "--json")
    predicted = attnbench(
        here, "predict", "--head", "mine.py:Mine", "--channels", "16", "--size", "4", "--json"
    )

    sheet = json.loads(shown.stdout)
    assert (sheet["name"], sheet["macs"], sheet["origin"]) == ("Mine", 4096, "counted")
    assert sheet["params"] == 16 * 16 + 16
    (one,) = json.loads(predicted.stdout)["predictions"]
    assert one["macs.counted"] == 4096
    assert (
        "4.10 kMAC"
        in attnbench(here, "show", "mine.py:Mine", "--channels", "16", "--size", "4").stdout
    )


def git(folder, *words):
    who = ("-c", "user.name=N", "-c", "user.email=n@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("file", "named"), [("mine.py", "mine.py:Mine"), ("pack/mine.py", "pack.mine:Mine")]
)
def test_a_gate_measures_each_sides_own_version(tmp_path, file, named):
    place = tmp_path / file
    place.parent.mkdir(exist_ok=True)
    place.write_text(MINE)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "one")
    words = ("gate", "--base", "HEAD~1", "--tier", "exact", "--head", named, "--only", "Mine")
    place.write_text(MINE.replace("channels, channels, 1", "channels, channels, 3, 1, 1"))
    git(tmp_path, "commit", "--quiet", "-am", "two")

    worse = attnbench(tmp_path, *words)
    place.write_text(place.read_text() + "\n# the same function\n")
    git(tmp_path, "commit", "--quiet", "-am", "three")
    same = attnbench(tmp_path, *words)

    assert worse.returncode == 1, worse.stderr
    assert "worse    Mine" in worse.stdout
    assert "macs.counted" in worse.stdout
    assert same.returncode == 0, same.stdout


def test_a_gate_refuses_a_head_that_no_commit_has(tmp_path, here):
    repository = tmp_path / "repository"
    repository.mkdir()
    git(repository, "init", "--quiet")
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "one")

    done = attnbench(repository, "gate", "--base", "HEAD", "--head", "../mine.py:Mine")

    assert done.returncode == 2
    assert "both sides of the gate would have the same" in done.stderr


def test_a_head_of_a_script_is_measured_by_value(here):
    (here / "script.py").write_text(
        MINE
        + """

if __name__ == "__main__":
    import attnbench

    attnbench.run("counted.toml", heads=[Mine])
"""
    )

    done = subprocess.run(
        [sys.executable, "script.py"], cwd=here, capture_output=True, text=True, timeout=120
    )

    assert done.returncode == 0, done.stderr
    assert counts(run_of(here), "Mine") == {(4,): 4096, (6,): 9216}


@pytest.mark.parametrize("kind", KINDS)
def test_what_new_writes_runs_as_it_says(tmp_path, kind):
    begun = attnbench(tmp_path, "new", kind, "my_own")
    again = attnbench(tmp_path, "new", kind, "my_own")

    assert begun.returncode == 0, begun.stderr
    assert again.returncode == 2
    assert "is there already" in again.stderr
    commands = [line.strip() for line in begun.stdout.partition("next:\n")[2].splitlines()]
    assert commands
    for line in commands:
        words = line.split()
        if words[1] == "run":
            words += ["--no-probe", *_SHORT.get(kind, ())]
        words = [sys.executable, "-m", *words]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
    if kind == "suite":
        return
    if kind == "dataset":
        told = {r.status for r in run_of(tmp_path).records}
        assert told == {"ok"}
        return
    heads = {r.trial.head for r in run_of(tmp_path).records if r.status == "ok"}
    assert ("MyOwn" in heads) == (kind == "head")
    if kind == "metric":
        found = [r.readings["my_own"] for r in run_of(tmp_path).records if "my_own" in r.readings]
        assert found
        assert all(r.better == "higher" and r.samples[0] > 0 for r in found)


_SHORT = {
    "suite": ("--set", "rounds=1", "--set", "max_seconds=0.01", "--set", "size=8,12,16"),
    "dataset": ("--set", "steps=2", "--set", "rounds=1", "--set", "size=8", "--set", "shown=0"),
}


@pytest.mark.parametrize("name", ["MyHead", "my-head", "3d", "../up", ""])
def test_a_name_that_no_module_has_is_refused(tmp_path, name):
    done = attnbench(tmp_path, "new", "head", name)

    assert done.returncode == 2
    assert "as in my_head" in done.stderr
    assert not list(tmp_path.iterdir())


def test_an_own_head_alone_is_in_every_sweep_of_a_suite(here, monkeypatch):
    monkeypatch.chdir(here)
    suite, _ = read_suite(suite_path("gate"))

    asked = Asked(heads=("mine.py:Mine",), only=("Mine",))
    alone = asked.of(suite)

    assert len(alone.sweeps) == len([s for s in suite.sweeps if not s.is_grid])
    assert {p.trial.head for p in alone.plan("cpu")} == {"Mine"}
    assert any("latency" in p.metrics for p in alone.plan("cpu"))
