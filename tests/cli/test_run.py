"""The command line with real workers, on the smallest suite that has everything."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from attnbench import __version__
from attnbench.store import read_run

SUITE = """
title    = "tiny"
question = "does it run?"
heads    = ["fcn", "ema"]

[[sweep]]
device   = "meta"
metrics  = ["params", "modelled", "counted", "fvcore", "memory_predicted"]
channels = 16
size     = [4, 6, 8]

[[sweep]]
metrics  = ["memory", "latency"]
channels = 16
size     = [4, 6, 8]

[budget]
rounds = 3
max_seconds = 0.3
warmup_seconds = 0.01

[[claim]]
id     = "ema-linear"
says   = "linear"
source = "EMANet"
check  = { kind = "exponent", metric = "memory_predicted", head = "fcn", within = [0.9, 1.1] }
"""
RECORDS = 2 * 3 + 3 * 2 * 3


@pytest.fixture
def here(tmp_path):
    (tmp_path / "tiny.toml").write_text(SUITE)
    return tmp_path


def command(*words):
    return [sys.executable, "-m", "attnbench", *words]


def attnbench(here, *words):
    return subprocess.run(command(*words), cwd=here, capture_output=True, text=True, timeout=120)


def begin(here, *words):
    """Without the wait for the machine's noise."""
    return subprocess.Popen(
        command(*words, "--no-probe"),
        cwd=here,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell starts what it puts in the background deaf to Ctrl-C, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def the_run(here):
    (path,) = (here / "results").iterdir()
    return path


def wait_for_records(here, number, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for path in here.glob("results/*/records.jsonl"):
            if len(path.read_bytes().splitlines()) >= number:
                return
        time.sleep(0.01)
    raise AssertionError(f"no {number} records within {seconds} s")


def children(pid):
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(p) for of in threads for p in of.read_text().split()]


def identities(path):
    return sorted((r.key, r.round, r.status) for r in read_run(path).records)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """One whole run, and what it printed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "tiny.toml").write_text(SUITE)
    told = attnbench(folder, "run", "--suite", "tiny.toml", "--seed", "1", "--verbose")
    return told, the_run(folder)


def test_a_run_ends_with_table_verdicts_place_and_next_step(undisturbed):
    told, path = undisturbed

    assert told.returncode == 0, told.stderr
    assert "holds" in told.stdout
    assert "ema-linear" in told.stdout
    assert f"records: results/{path.name}" in told.stdout
    assert "next:    attnbench report --html" in told.stdout
    assert f"{RECORDS} of {RECORDS} done" in told.stderr


def test_every_trial_has_its_record_with_all_readings(undisturbed):
    run = read_run(undisturbed[1])

    assert len(run.records) == RECORDS
    assert {r.status for r in run.records} == {"ok"}
    static = {m for r in run.records if r.trial.device == "meta" for m in r.readings}
    assert static >= {"params", "macs.modelled", "macs.counted", "macs.fvcore", "memory_predicted"}
    assert len(run.environments) == 1


def test_rounds_are_processes_and_samples_are_kept(undisturbed):
    timed = [r for r in read_run(undisturbed[1]).records if "latency" in r.readings]

    assert {r.round for r in timed} == {0, 1, 2}
    assert all(len(r.readings["latency"].samples) >= 3 for r in timed)


def test_what_the_machine_can_show_is_told_before_the_wait_and_kept(undisturbed):
    told, path = undisturbed
    (conditions,) = read_run(path).conditions

    assert len(conditions.noise.samples) == 20
    assert f"machine: {conditions.noise.sentence(3)}" in told.stderr
    assert conditions.environment in read_run(path).environments


def test_where_the_time_went_is_told_at_the_end_in_parts_of_the_whole(undisturbed):
    _, _, after = undisturbed[0].stderr.partition("\nwhere ")
    whole, *lines = after.splitlines()
    shares = {
        name.strip(): float(share) for name, share in re.findall(r"(.+?) [\d.]+ m?s +(.+)%", after)
    }

    assert whole.endswith(" went:")
    assert len(lines) == len(shares)
    assert sum(shares.values()) == pytest.approx(100, abs=0.05 * len(shares))
    assert {"measuring windows", "warm-up", "heads and inputs", "starting workers"} <= shares.keys()
    windows = sum(
        sum(r.readings["latency"].samples)
        for r in read_run(undisturbed[1]).records
        if "latency" in r.readings
    )
    assert shares["measuring windows"] / 100 * float(whole.split()[0]) >= 0.99 * windows


def test_a_metric_that_no_trial_has_is_told_with_the_reason(here):
    (here / "tiny.toml").write_text(SUITE.replace('"memory", "latency"', '"memory", "energy"'))

    told = attnbench(here, "run", "--suite", "tiny.toml", "--device", "cpu", "--no-probe")

    assert "no energy: no energy counter for a CPU" in told.stdout
    assert "went:" not in told.stderr


def test_a_worker_that_is_killed_costs_one_record(here):
    run = begin(here, "run", "--suite", "tiny.toml", "--seed", "1")
    wait_for_records(here, 8)  # the counts are done, it is timing
    (worker,) = children(run.pid)
    os.kill(worker, signal.SIGKILL)
    assert run.wait(timeout=120) == 0, run.stderr.read()

    statuses = [r.status for r in read_run(the_run(here)).records]
    assert sorted(statuses) == ["crashed"] + ["ok"] * (RECORDS - 1)
    run.stdout.close()
    run.stderr.close()


def test_a_run_that_is_killed_leaves_no_orphan_and_resumes_to_the_same_records(here, undisturbed):
    run = begin(here, "run", "--suite", "tiny.toml", "--seed", "1")
    wait_for_records(here, 9)
    (worker,) = children(run.pid)
    run.kill()
    run.communicate(timeout=30)
    end = time.monotonic() + 10
    while Path(f"/proc/{worker}").exists():
        assert time.monotonic() < end, "the worker outlived its run"
        time.sleep(0.01)
    before = len(read_run(the_run(here)).records)

    told = attnbench(here, "run", "--resume", str(the_run(here)))

    assert told.returncode == 0, told.stderr
    assert before < RECORDS
    assert identities(the_run(here)) == identities(undisturbed[1])


def test_what_was_measured_by_another_version_is_measured_again_and_told(here, undisturbed):
    path = here / "results" / "copy"
    shutil.copytree(undisturbed[1], path)
    records = (path / "records.jsonl").read_text()
    old = read_run(path).records[0].environment
    environment = (path / "environments.jsonl").read_text()
    changed = environment.replace(f'"attnbench":"{__version__}"', '"attnbench":"0.0.0"')
    (path / "environments.jsonl").write_text(changed.replace(old, "another"))
    lines = records.splitlines(keepends=True)
    (source,) = {r.source for r in read_run(path).records if r.trial.head == "ema"}
    # The first six are counts, of fcn and then of ema: what is timed is not made again here.
    lines[:3] = [line.replace(old, "another") for line in lines[:3]]
    lines[3:6] = [line.replace(source, "edited") for line in lines[3:6]]
    (path / "records.jsonl").write_text("".join(lines))

    told = attnbench(here, "run", "--resume", str(path), "--no-probe", "--jobs", "2")

    assert told.returncode == 0, told.stderr
    assert (
        f"resumed: {RECORDS - 6} of {RECORDS} records kept; "
        "3 made again: the code of ema has changed; "
        "3 made again: they are of another environment (attnbench)\n"
    ) in told.stderr
    assert len(read_run(path).records) == RECORDS + 6
    newest = {(r.key, r.round): r for r in read_run(path).records}.values()
    assert {r.environment for r in newest} == {old}
    assert {r.source for r in newest if r.trial.head == "ema"} == {source}


def test_ctrl_c_says_how_to_go_on(here):
    run = begin(here, "run", "--suite", "tiny.toml")
    wait_for_records(here, 8)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=60)

    assert run.returncode == 130
    assert f"interrupted; go on with: attnbench run --resume results/{the_run(here).name}" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "--suite", "resoluton-sweep"], "unknown suite 'resoluton-sweep'; did you mean"),
        (["run", "--suite", "none.toml"], "none.toml: cannot read the suite"),
        (["run", "--suite", "broken.toml"], "broken.toml: not valid TOML: "),
        (["run"], "which suite? as in: attnbench run --suite resolution-sweep"),
        (["run", "--suite", "tiny.toml", "--head", "emma"], "--head: unknown head 'emma'; did you"),
        (["run", "--suite", "tiny.toml", "--head", "ema:basis=3"], "unknown option of ema 'basis'"),
        (["run", "--suite", "tiny.toml", "--head", "ema:bases=0"], "ema bases=0: ema: bases = 0"),
        (["run", "--suite", "tiny.toml", "--only", "gc"], "unknown head of this suite 'gc'"),
        (
            ["run", "--suite", "tiny.toml", "--set", "size=0"],
            "size = 0: expected a whole side above",
        ),
        (
            ["run", "--suite", "tiny.toml", "--set", "sise=8"],
            "unknown axis 'sise'; did you mean 'size'",
        ),
        (
            ["run", "--suite", "tiny.toml", "--device", "cuda:9"],
            "device 'cuda:9' is not there; this",
        ),
        (
            ["run", "--suite", "tiny.toml", "--results", "tiny.toml"],
            "tiny.toml: cannot write results",
        ),
        (["run", "--resume", "nowhere"], "nowhere: no such run folder"),
        (["run", "--resume", "."], ".: not a run folder"),
        (
            ["run", "--resume", "x", "--seed", "1"],
            "--resume takes up a run as it was asked for; leave out --seed",
        ),
        (
            ["run", "--suite", "tiny.toml", "--retry", "failed"],
            "--retry goes with --resume RUN, as in: --resume RUN --retry failed",
        ),
        (["run", "--suite", "tiny.toml", "--jobs", "0"], "'--jobs': 0 is not in the range x>=1"),
        (
            ["run", "--suite", "tiny.toml", "--executor", "slurm"],
            "--executor: unknown value 'slurm'; known: local, ray",
        ),
        (
            ["run", "--suite", "tiny.toml", "--accelerator", "A100"],
            "--accelerator is of a Ray cluster; add --executor ray",
        ),
        (
            ["run", "--suite", "tiny.toml", "--address", "host:6379"],
            "--address is of a Ray cluster; add --executor ray",
        ),
        (["run", "--siut", "x"], "unknown option '--siut'; did you mean '--suite'?"),
        (["runn"], "unknown command 'runn'; did you mean 'run'?"),
        (["report"], "results: no run yet; make one with: attnbench run"),
        (["report", "nowhere"], "nowhere"),
    ],
)
def test_bad_input_is_one_line_and_exit_2_and_leaves_nothing(here, words, message):
    (here / "broken.toml").write_text('title = "t"\nheads = [\n')

    told = attnbench(here, *words)

    assert told.returncode == 2, told.stderr
    assert told.stderr.startswith("error: ")
    assert message in told.stderr
    assert len(told.stderr.splitlines()) == 1
    assert told.stdout == ""
    assert not (here / "results").exists()
    assert not (here / "reports").exists()
