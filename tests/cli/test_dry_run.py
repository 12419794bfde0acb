"""attnbench run --dry-run: what would be measured, what not, and that nothing is."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from attnbench.cost import Cost
from attnbench.heads import HEADS
from attnbench.trial import Shape
from attnbench.units import quantity

ROOT = Path(__file__).parents[2]
SUITE = """
title    = "tiny"
question = "would it run?"
heads    = ["ema", "non_local"]

[[sweep]]
device   = "meta"
metrics  = ["params", "counted", "memory_predicted"]
channels = 16
size     = [4, 8]

[[sweep]]
metrics  = ["memory", "latency"]
mode     = ["inference", "training"]
channels = 16
size     = [4, 8, 64]

[budget]
rounds = 3
max_seconds = 0.2
warmup_seconds = 0.01

[limits]
memory = "100 MB"

[[skip]]
head   = "ema"
above  = 8
reason = "it is known"
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dry")
    (folder / "tiny.toml").write_text(SUITE)
    return folder


def run(here, *words):
    line = ["run", "--suite", "tiny.toml", "--device", "cpu", *words]
    return subprocess.run(
        [sys.executable, "-m", "attnbench", *line],
        cwd=here, capture_output=True, text=True, timeout=100,
    )  # fmt: skip


def told(here, *words):
    done = run(here, *words)
    assert not (here / "results").exists()
    return done


@pytest.fixture(scope="module")
def printed(here):
    done = told(here, "--dry-run")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def facts(here):
    done = told(here, "--dry-run", "--json", "--set", "rounds=2")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_trials_rounds_and_records_are_told_for_each_group_of_metrics(printed):
    assert "counts: params, counted, memory_predicted        4        1         4" in printed
    # Two heads, two modes, three sizes, without the two of ema above 8: ten in three rounds.
    assert "cpu: memory, latency                            10        3        30" in printed


def test_each_head_has_its_largest_map_with_its_work(printed):
    (line,) = (x for x in printed.splitlines() if x.startswith(" ema") and " counts " in x)

    macs = HEADS["ema"](16).cost(Shape(1, 16, 8, 8)).macs
    assert " 4 to 8 " in line
    assert f" {quantity(macs, 'MACs')} " in line


def test_work_is_that_of_the_closed_form_and_memory_is_of_both_modes(facts):
    shape = Shape(1, 16, 8, 8)
    trials = [t for t in facts["trials"] if t["shape"] == [1, 16, 8, 8] and t["device"] == "cpu"]

    assert {(t["head"], t["mode"]) for t in trials} == {
        (head, mode) for head in ("ema", "non_local") for mode in ("inference", "training")
    }
    for trial in trials:
        cost: Cost = HEADS[trial["head"]](16).cost(shape)
        assert (trial["macs"], trial["flops"]) == (cost.macs, cost.flops)
    peaks = {(t["head"], t["mode"]): t["peak_bytes"] for t in trials}
    assert peaks["ema", "training"] > peaks["ema", "inference"] > 4 * 16 * 64


def test_what_does_not_fit_is_told_with_the_reason_and_what_the_suite_skips(printed, facts):
    # A map of all pairs of 64x64 pixels has 4096² numbers of 4 bytes: 64 MiB, and there are two.
    left_out = {
        (t["head"], t["mode"], t["shape"][2]): t["skipped"] for t in facts["trials"] if t["skipped"]
    }

    for mode in ("inference", "training"):
        reason = left_out.pop(("non_local", mode, 64))
        assert reason.startswith("predicted peak ")
        assert reason.endswith(", above the 95.4 MiB allowed")
        assert left_out.pop(("ema", mode, 64)) == "it is known"
    assert left_out == {}
    assert "will not fit, and be skipped" in printed
    assert "2   it is known" in printed


def test_a_run_skips_what_the_plan_said_it_would(here, facts):
    words = ["--only", "non_local", "--set", "size=64", "--set", "rounds=1", "--no-probe"]
    done = run(here, *words, "--json", "--quiet", "--results", "measured")

    told = json.loads(done.stdout)
    assert all(line.startswith("stop: ") for line in done.stderr.splitlines())  # of a busy machine
    assert (told["suite"], told["records"]) == ("tiny", 3)
    assert told["by_status"] == {"ok": 1, "skipped": 2}
    assert told["claims"] == []
    records = (here / told["run"] / "records.jsonl").read_text().splitlines()
    skipped = {
        t["key"]: t["skipped"] for t in facts["trials"] if t["head"] == "non_local" and t["skipped"]
    }
    assert {r["key"]: r["message"] for r in map(json.loads, records) if r["message"]} == skipped


def test_how_long_it_takes_is_told_with_how_that_was_reckoned(printed, facts):
    assert "expected: about " in printed
    assert "by the budget, their FLOPs and a nominal 60 GFLOP/s: no earlier run" in printed
    told = facts["expected"]
    assert (told["records"], told["records_from_run"], told["run"]) == (4 + 2 * 10, 0, None)


def test_verbose_tells_every_trial(here):
    done = told(here, "--dry-run", "--verbose", "--only", "ema")

    lines = [line for line in done.stdout.splitlines() if line.startswith(" ema ")]
    assert len(lines) == 2 + 2 * 2  # two counted, two sizes in two modes


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--dry-run", "--head", "ema:bases=0"], "ema bases=0: ema: bases = 0"),
        (["--dry-run", "--device", "cuda:9"], "device 'cuda:9' is not there"),
        (["--dry-run", "--executor", "ray"], "--dry-run looks at this machine; leave out --exec"),
        (["--set", "size=4", "--set", "size=8"], "--set size=4: size is set twice; write one"),
        (["--data", "x", "--set", "root=y"], "--set root=y: root is set twice"),
        (["--set", "size=8..4x2"], "8..4x2: a range goes up"),
    ],
)
def test_what_a_run_would_refuse_is_refused(here, words, message):
    done = told(here, *words)

    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_run_that_is_resumed_has_no_plan(here):
    done = subprocess.run(
        [sys.executable, "-m", "attnbench", "run", "--resume", "x", "--dry-run"],
        cwd=here, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert done.returncode == 2
    assert "leave out --dry-run" in done.stderr
