"""The examples run, and print or leave what they say."""

import os
import re
import subprocess
import sys

import pytest

from tests.docs.commands import ROOT

EXAMPLES = {
    "choose_a_head.py": ("32", "8 GB"),
    "own_head.py": (),
    "growth_of_a_module.py": (),
}


def run(name, folder):
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / name, *EXAMPLES[name]],
        cwd=folder, capture_output=True, text=True, timeout=300,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_example_is_run_here():
    assert {p.name for p in (ROOT / "examples").glob("*.py")} == set(EXAMPLES)


def test_heads_are_told_in_the_order_of_their_work(tmp_path):
    told = run("choose_a_head.py", tmp_path)

    work = [float(macs) for macs in re.findall(r" ([\d.]+) G  ", told)]
    assert len(work) == 7
    assert work == sorted(work)
    assert told.splitlines()[1].startswith("gc ")


@pytest.mark.slow
def test_an_own_head_of_a_script_is_in_table_and_figure(tmp_path):
    told = run("own_head.py", tmp_path)

    # keys and queries of 16 channels, and products of each row: 2 N C K + N W (K + C)
    side, channels, keys = 48, 64, 16
    macs = side * side * (2 * channels * keys + side * (keys + channels))
    assert re.search(rf"^48 .* {macs}(\.0)?\b", told, re.MULTILINE)
    assert (tmp_path / "latency.png").stat().st_size > 10_000
    assert len(list((tmp_path / "results").iterdir())) == 1


def test_a_module_is_counted_as_it_grows(tmp_path):
    told = run("growth_of_a_module.py", tmp_path)

    # four projections of 32 channels, and two products over all pairs
    macs = [n * (4 * 32 * 32 + 2 * 32 * n) / 1e6 for n in (64, 256, 1024)]
    assert [float(m) for m in re.findall(r" ([\d.]+) M ", told)] == [round(m, 1) for m in macs]
