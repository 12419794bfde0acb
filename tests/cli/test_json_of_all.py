"""--json on every command that a program may read: one value on stdout, and nothing else."""

import json
import math
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from attnbench.cli import attnbench
from attnbench.cli._json import print_json
from attnbench.stats import Estimate
from tests.cli.commands import ALONE

STORED = Path(__file__).parents[2] / "results" / "reference" / "exact"
FORMATS = sorted(Path(__file__).parents[1].glob("data/format-*/*"))
WITHOUT = {
    ("completion",): "it prints a script for a shell",
}
ELSEWHERE = {  # they start processes that measure: tests with real workers read their JSON
    ("run",): "test_dry_run.py, test_run.py",
    ("gate",): "test_outputs.py, tests/gate/test_command.py",
    ("doctor",): "test_doctor.py",
}
HERE = {
    ("list",): [],
    ("show",): ["ema"],
    ("predict",): ["--head", "gc", "--size", "8", "--channels", "16"],
    ("claims",): [],
    ("history",): ["--metric", "macs.counted"],
    ("data", "check"): ["data"],
    ("merge",): ["{one}", "{two}", "--into", "both"],
    ("export",): ["{one}", "--csv", "readings.csv"],
    ("report",): ["{one}", "--markdown", "--csv"],
    ("compare",): [str(STORED), str(STORED)],
    ("new",): ["head", "my_head"],
    ("maps",): ["--head", "gc", "--image", "data/images/train/a.png"],
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with two runs and a small data set."""
    for path in FORMATS[:2]:
        shutil.copytree(path, tmp_path / "results" / path.name)
    for split in ("train", "val"):
        (tmp_path / "data" / "images" / split).mkdir(parents=True)
        (tmp_path / "data" / "labels" / split).mkdir(parents=True)
    (tmp_path / "data" / "classes.txt").write_text("road\nsky\n")
    picture(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def picture(folder):
    import numpy as np
    from PIL import Image

    Image.fromarray(np.zeros((8, 16, 3), "uint8")).save(folder / "images" / "train" / "a.png")
    Image.fromarray(np.zeros((8, 16), "uint8")).save(folder / "labels" / "train" / "a.png")


def told(words, more):
    one, two = (path.name for path in FORMATS[:2])
    line = [*words, *(word.format(one=one, two=two) for word in more), "--json"]
    return CliRunner().invoke(attnbench, line, catch_exceptions=False)


def test_every_command_has_json_or_a_reason_why_not():
    having = {w for w, c in ALONE.items() if any("--json" in p.opts for p in c.params)}

    assert having | set(WITHOUT) == set(ALONE)
    assert not having & set(WITHOUT)
    assert having == set(HERE) | set(ELSEWHERE)


@pytest.mark.parametrize("words", HERE, ids=" ".join)
def test_what_it_prints_is_one_value_and_nothing_else(words, here):
    done = told(words, HERE[words])

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)


def test_a_merge_says_where_the_run_is(here):
    found = json.loads(told(("merge",), HERE["merge",]).stdout)

    # Two heads: a count each, the same in both, and two rounds of each run.
    assert (found["run"], found["records"], len(found["merged"])) == ("both", 10, 2)
    assert Path("both/run.json").exists()


def test_what_was_written_is_listed_and_there(here):
    exported = json.loads(told(("export",), HERE["export",]).stdout)["written"]
    reported = json.loads(told(("report",), HERE["report",]).stdout)["written"]

    rows = Path("readings.csv").read_text().splitlines()
    assert exported == [{"path": "readings.csv", "rows": len(rows) - 1}]
    assert [Path(path).exists() for path in reported] == [True, True]
    assert [Path(path).name for path in reported] == [
        f"{FORMATS[0].name}.md",
        f"{FORMATS[0].name}-csv",
    ]


def test_an_error_prints_nothing_on_stdout(here):
    done = CliRunner().invoke(attnbench, ["report", "nowhere", "--json"])

    assert done.exit_code != 0
    assert done.stdout == ""


def test_what_is_no_number_is_null_and_what_steers_a_terminal_is_escaped(capsys):
    value = {
        "a": math.nan,
        "b": [math.inf, 1.5],
        "c": "N²·\u202e\x9b\x7f\udc80",
        "d": Estimate(math.nan, 0.0, 1.0, 0.95),
    }

    print_json(value)

    printed = capsys.readouterr().out
    assert not {"\u202e", "\x9b", "\x7f"} & set(printed)
    assert "N²" in printed
    read = json.loads(printed)
    assert (read["a"], read["b"], read["c"]) == (None, [None, 1.5], value["c"])
    assert read["d"]["value"] is None
