import math
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from attnbench.errors import StoreError
from attnbench.gate.outputs import put, write
from attnbench.gate.result import Change, Gate, Side, Timing
from attnbench.gate.self_test_result import Judged, SelfTest, as_json
from attnbench.gate.stored import GATE, stored_gate, stored_self_test
from attnbench.report import render
from attnbench.report import write as write_report
from attnbench.run_folders import SELF_TEST, find_run
from attnbench.stats import Estimate, exactly
from attnbench.store import read_run
from attnbench.trial import Shape, Trial

RUN = Path(__file__).parent.parent / "data" / "format-4" / "20260104-000000-tiny"
NL = Trial("non_local", Shape(1, 64, 32, 32))
UNKNOWN = Estimate(math.nan, math.nan, math.nan)
WORSE = Change(
    NL, "macs.counted", "MACs", "lower", 100, 150, "worse", "<script>", "macs <script> 100 -> 150"
)
SAME = Change(NL, "params", "", "lower", 7, 7, "same")
TIMED = Timing(NL, exactly(0.004), exactly(0.005), UNKNOWN, math.nan, 12, 0.02, "unclear")
FOUND = Gate(
    "gate", Side("origin/main", "a" * 40), Side("working tree"), (WORSE, SAME), (TIMED,), pairs=12,
    needed=11, detectable=0.175, started="2026-01-02T03:04:05+00:00", seconds=12.5,
)  # fmt: skip


def judged(planted, answer, times, gate=0):
    return [Judged(gate, NL, planted, answer, 0.5, ((1.0, 1.0), (1.0, 1.0)))] * times


@pytest.fixture
def folder(tmp_path):
    """Of a gate: the run of the head side, and nothing else so far."""
    path = tmp_path / "20260102-030405-gate"
    shutil.copytree(RUN, path / "head")
    return path


@pytest.fixture
def tested():
    environment = next(iter(read_run(RUN).environments.values()))
    decisions = (
        *judged(0.0, "unclear", 150), *judged(0.0, "same", 49), *judged(0.0, "worse", 1, gate=1),
        *judged(0.05, "worse", 3), *judged(0.05, "unclear", 7), *judged(0.2, "worse", 10),
    )  # fmt: skip
    return SelfTest("self-test", 5, environment, 0.01, 0.02, 12, 12, "", 900.0, decisions)


def test_what_a_gate_found_is_read_back_with_what_is_not_known(tmp_path):
    write(FOUND, {"json": tmp_path / GATE})

    back = stored_gate(tmp_path)

    assert replace(back, timed=()) == replace(FOUND, timed=())
    assert math.isnan(back.timed[0].ratio.low)
    assert math.isnan(back.timed[0].p)


def test_a_self_test_is_read_back(tmp_path, tested):
    put(as_json(tested), tmp_path / SELF_TEST)

    assert stored_self_test(tmp_path) == tested


def test_a_folder_of_something_else_has_neither(tmp_path):
    assert stored_gate(tmp_path) is None
    assert stored_self_test(tmp_path) is None


@pytest.mark.parametrize("content", ["", "[]", "{", '{"suite": 5}', "[" * 100_000, "\udcff"])
def test_a_file_that_is_none_of_ours_is_one_line(tmp_path, content):
    (tmp_path / GATE).write_bytes(content.encode(errors="surrogateescape"))

    with pytest.raises(StoreError, match="gate.json: cannot be read") as told:
        stored_gate(tmp_path)
    assert "\n" not in str(told.value)


def test_the_report_of_a_gate_says_what_is_worse_and_folds_the_same(folder):
    write(FOUND, {"json": folder / GATE})

    page = render(read_run(find_run(str(folder), folder)))

    assert "What the gate says of the change" in page
    assert "Worse: 1 worse, 1 unclear, 1 same." in page
    assert "macs &lt;script&gt; 100 -&gt; 150" in page
    assert "<script>" not in page.partition("What the gate says")[2].partition("</section>")[0]
    assert "1 the same" in page
    assert "a slow-down of 18 % would mostly be seen" in page


def test_the_report_of_a_self_test_counts_false_alarms_and_what_was_caught(folder, tested):
    (folder / "head").rename(folder / "base")  # times of the head side would be slowed down
    put(as_json(tested), folder / SELF_TEST)

    page = render(read_run(find_run(str(folder), folder)))

    # Clopper and Pearson's interval of 1 of 200: 0.0127 % to 2.75 %, as in their tables.
    assert "1 of 200 decisions on what is the same were false alarms" in page
    assert "0.013 to 2.8 %" in page
    assert "in 1 of 2 gates" in page
    assert "Slow-downs from 20 % on were caught" in page


def test_the_page_of_a_gate_has_its_name(folder, tmp_path):
    page = write_report(read_run(find_run(folder.name, tmp_path)), tmp_path / "reports")

    assert page.name == "20260102-030405-gate.html"


def test_an_ordinary_run_has_neither_section():
    page = render(read_run(RUN))

    assert "What the gate says" not in page
    assert "How often the gate is wrong" not in page
