"""The self-test: what is planted is what is slower, and what is counted is what was decided."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from attnbench.errors import SuiteError
from attnbench.gate import planted
from attnbench.gate.self_test import Trying, assigned, self_test
from attnbench.gate.self_test_result import SIZES, Judged, SelfTest
from attnbench.gate.versions import PARTS, PLANTED, Version
from attnbench.measure._step import Step
from attnbench.record import Environment
from attnbench.run import worker
from attnbench.trial import Budget, Shape, Task, Trial

ROOT = Path(__file__).parents[2]
HERE = Environment(
    id="x", attnbench="0", python="", torch="", numpy="", fvcore="", cuda="", driver="", os="",
    cpu="", cores=1, memory_bytes=0, threads=1,
)  # fmt: skip


def test_a_slowed_step_takes_its_part_longer():
    now = [0.0]

    def clock():
        now[0] += 0.001  # each look takes as long
        return now[0]

    def step(_):
        now[0] += 1.0

    class OnCpu:
        class x:
            is_cuda = False

    planted.slowed(step, lambda: 0.1, clock)(OnCpu())
    slower = now[0]
    planted.slowed(step, lambda: 0.0, clock)(OnCpu())

    assert slower == pytest.approx(1.1, abs=0.01)
    assert now[0] - slower == pytest.approx(1.0, abs=0.01)


def test_a_planted_worker_is_slower_in_its_cell_alone(monkeypatch):
    cells = [Trial(name, Shape(1, 32, 12, 12), device="cpu") for name in ("fcn", "gc")]
    parts, seen = [], []
    monkeypatch.setenv(PARTS, json.dumps({cells[0].key: 0.5}))
    monkeypatch.setattr(planted, "slowed", lambda step, part: parts.append(part) or step)
    monkeypatch.setattr(Step, "afresh", Step.afresh)
    monkeypatch.setattr(worker, "perform", lambda task: seen.append((task.trial.head, parts[0]())))
    monkeypatch.setattr(worker, "main", lambda: [worker.perform(Task(c, ())) for c in cells * 2])

    planted.main()

    assert seen == [("fcn", 0.5), ("gc", 0.0)] * 2


def test_a_planted_worker_answers_as_any_other(tmp_path):
    cell = Trial("gc", Shape(1, 32, 12, 12), device="cpu")
    told = {PARTS: json.dumps({cell.key: 1.0})}
    version = Version("head", "x", ROOT, ROOT, module=PLANTED, variables=told)
    running = version.start(tmp_path / "log")
    try:
        record = running.do(Task(cell, ("latency",), budget=Budget(max_seconds=0.01)))
    finally:
        running.stop()

    assert record.status == "ok"
    assert record.readings["latency"].samples


def test_half_of_the_cells_are_the_same_and_sizes_are_spread_evenly():
    cells = [Trial("fcn", Shape(1, 1, 1, i)) for i in range(1, 41)]
    gates = [assigned(cells, 5, number) for number in range(10)]

    assert Counter(Counter(g.values())[0.0] for g in gates) == {20: 10}
    over_all = Counter(part for g in gates for part in g.values())
    assert {over_all[size] for size in SIZES} == {40}
    assert len({tuple(g.items()) for g in gates}) == 10
    assert assigned(cells, 5, 3) == gates[3]


def decided(planted, answer, gate=0):
    trial = Trial("fcn", Shape(1, 1, 1, 1))
    return Judged(gate, trial, planted, answer, 0.5, ((1.0,), (1.0,)))


def found(*decisions):
    return SelfTest("s", 1, HERE, 0.01, 0.02, 12, 12, "now", decisions=decisions)


def test_power_is_of_the_planted_and_false_alarms_of_the_others():
    made = found(
        *[decided(0.0, "same")] * 97, *[decided(0.0, "unclear")] * 2, decided(0.0, "worse", 3),
        *[decided(0.05, "worse")] * 3, *[decided(0.05, "unclear")] * 7,
        *[decided(0.1, "worse")] * 8, *[decided(0.1, "unclear")] * 2,
        *[decided(0.2, "worse")] * 10,
    )  # fmt: skip

    assert made.share(0.0).value == 0.01
    assert made.share(0.0).low < 0.01 < made.share(0.0).high
    assert made.gates_with_false_alarm == 1
    assert made.caught == 0.1
    assert made.holds
    assert not found(*[decided(0.0, "worse")] * 5, *[decided(0.0, "same")] * 5).holds


SUITE = """
title    = "made up"
question = "how often is it wrong?"
heads    = ["fcn", "ema", "gc", "isa", "ann", "se"]

[[sweep]]
metrics  = ["latency"]
channels = 16
size     = [8, 9]
"""


def begun(folder, *words):
    (folder / "made-up.toml").write_text(SUITE)
    (folder / "speed.json").write_text('{"noise": 0.001}')
    fake = [sys.executable, "-m", "tests.gate.fake_gate", "gate", "--self-test", "--seed", "3"]
    return subprocess.Popen(
        [*fake, "--suite", "made-up.toml", "--level", "0.2", *words],
        cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


def stored(folder):
    (path,) = (folder / "results").glob("*/self_test.json")
    return json.loads(path.read_text())


def test_a_self_test_counts_and_stores_all_decisions(tmp_path):
    child = begun(tmp_path, "--decisions", "12", "--pairs", "6")
    said, told = child.communicate(timeout=200)

    assert child.returncode == 0, told
    assert "false alarms: 0 of 12 decisions, 0 % to 26.5 %; in 0 of 2 gates" in said
    assert "slow-downs caught with power 0.8: from 5 % on" in said
    assert "12 of 12 decisions on what is the same" in told
    made = stored(tmp_path)
    assert Counter(d["planted"] for d in made["decisions"])[0.0] == 12
    assert all(len(side) == 6 for d in made["decisions"] for side in d["first"])
    assert made["environment"]["id"] == "fake"


def test_an_interrupted_self_test_keeps_and_tells_the_gates_that_ended(tmp_path):
    child = begun(tmp_path, "--decisions", "600", "--pairs", "6")
    until = time.monotonic() + 150
    while not list(tmp_path.glob("results/*/self_test.json")) and time.monotonic() < until:
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    said, told = child.communicate(timeout=60)

    assert child.returncode == 130, told
    assert "decisions, 0 % to" in said
    assert len(stored(tmp_path)["decisions"]) >= 12


def test_a_self_test_ends_by_the_clock(tmp_path):
    child = begun(tmp_path, "--decisions", "600", "--pairs", "6", "--minutes", "0.01")
    said, told = child.communicate(timeout=200)

    assert child.returncode == 0, told
    assert "of 6 decisions" in said


def test_a_self_test_with_rules_that_cannot_be_is_one_line():
    with pytest.raises(SuiteError, match="margin = -1: expected a relative change"):
        next(self_test(Trying(rules={"margin": -1})))
