"""attnbench history, as it is called."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from attnbench.cli.history import command
from attnbench.errors import AttnbenchError, StoreError
from tests.run_folders import record, write

REPOSITORY = Path(__file__).parents[2]
OLD = sorted(Path(__file__).parents[1].glob("data/format-*/*"))
STEP = 12  # the run at which the made-up times step


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Twenty runs: ema steps by 20 %, isa does not, gc is in four of them; the code of ema changes
    at the step."""
    folder = tmp_path_factory.mktemp("results")
    for number in range(20):
        wobble = 1 + (number * 7 % 5) / 1000  # 0 to 0.4 %, in no order
        ema = 4e-3 * (1.2 if number >= STEP else 1.0) * wobble
        records = record("ema", (ema,) * 3, source="new" if number >= STEP else "old")
        records += record("isa", (2e-3 * wobble,) * 3)
        records += record("ema", (10**9,), metric="macs.counted")
        records += record("gc", (1e-3,) * 3) if number < 4 else []
        write(folder, number, records)
    return folder


def called(results, *words):
    return CliRunner().invoke(command, [*map(str, words), "--results", str(results)])


def test_a_step_is_a_row_and_the_others_are_counted(results):
    found = called(results)

    assert found.exit_code == 0, found.output
    lines = found.stdout.splitlines()
    (row,) = (line for line in lines if line.lstrip().startswith("ema"))
    for words in (
        "1x512x64x64 attention float32 cpu inference",
        "worse +20 % (+20 % to +20 %)",
        "2026-09-13 12:00 20260913-120000-made-up",
        "c0ffee000011 -> c0ffee000012, the head's code",
        "4.01 ms",
        "4.81 ms",
    ):
        assert words in row
    assert "1 step in 1 of 3 series, 1 for the worse" in lines
    told = "1 series has too few runs: 4 at most, and below 8 no step can be told from noise."
    assert told in lines


def test_all_lists_series_without_a_step_and_why(results):
    found = called(results, "--all").stdout

    assert "no step" in next(v for v in found.splitlines() if v.lstrip().startswith("isa"))
    assert "too few runs" in next(v for v in found.splitlines() if v.lstrip().startswith("gc"))


def test_json_has_every_point_and_every_step(results):
    told = json.loads(called(results, "--json").stdout)

    assert (told["metric"], told["level"]) == ("latency", 0.05)
    by_head = {s["head"]: s for s in told["series"]}
    assert {h: s["word"] for h, s in by_head.items()} == {
        "ema": "step",
        "isa": "none",
        "gc": "too few runs",
    }
    assert len(by_head["ema"]["points"]) == 20
    (step,) = by_head["ema"]["steps"]
    assert step["at"] == STEP
    assert (step["code_before"], step["code"]) == ("c0ffee000011", "c0ffee000012")
    assert step["head_changed"]
    assert step["is_worse"]
    assert step["low"] < 1.2 < step["high"]


def test_counts_without_a_change_have_no_step(results):
    found = called(results, "--metric", "macs.counted")

    assert found.exit_code == 0
    assert "0 steps in 0 of 1 series" in found.stdout


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_a_figure_is_written_in_each_format(results, tmp_path, suffix):
    target = tmp_path / "made" / f"steps{suffix}"

    found = called(results, "--plot", target)

    assert found.exit_code == 0, found.output
    assert found.stderr == f"figure: {target}\n"
    begins = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}[suffix]
    assert target.read_bytes().startswith(begins)
    assert [p.name for p in target.parent.iterdir()] == [target.name]


def test_the_figure_names_series_and_steps(results, tmp_path):
    called(results, "--plot", tmp_path / "steps.svg")

    words = {t.strip() for t in ET.parse(tmp_path / "steps.svg").getroot().itertext()}
    assert {"ema", "latency, ms", "+20 % c0ffee000012", "2026-09-01", "2026-09-20"} <= words
    assert "isa" not in words  # it has no step


def test_without_a_step_all_series_are_drawn(results, tmp_path):
    found = called(results, "--head", "gc", "--head", "isa", "--plot", tmp_path / "quiet.svg")

    assert found.exit_code == 0, found.output
    words = {t.strip() for t in ET.parse(tmp_path / "quiet.svg").getroot().itertext()}
    assert {"gc", "isa"} <= words


def test_long_names_do_not_run_into_one_another(tmp_path):
    long = "a_head_with_a_name_that_takes_more_room_than_there_is_above_a_panel"
    for number in range(2):
        write(tmp_path, number, record(long, (number,), metric="macs.counted"))

    found = called(tmp_path, "--metric", "macs.counted", "--plot", tmp_path / "long.svg")

    assert found.exit_code == 0, found.output
    (shown,) = (
        t for t in ET.parse(tmp_path / "long.svg").getroot().itertext() if t.startswith("a_head")
    )
    assert shown.endswith("…")
    assert "from zero c0ffee000001" in (tmp_path / "long.svg").read_text("utf-8")


def test_one_run_alone_can_be_drawn(tmp_path):
    write(tmp_path, 0, record())

    found = called(tmp_path, "--plot", tmp_path / "one.png")

    assert found.exit_code == 0, found.output
    assert (tmp_path / "one.png").stat().st_size > 1000


def test_runs_are_named_or_their_folders(results):
    names = sorted(p.name for p in results.iterdir())

    by_name = called(results, *names[10:14], "--json").stdout
    by_path = called("elsewhere", *(results / n for n in names[10:14]), "--json").stdout

    assert by_name == by_path
    assert len(json.loads(by_name)["series"][0]["points"]) == 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--metric", "latncy"], "unknown metric 'latncy'; did you mean 'latency'?"),
        (["--plot", "x.gif"], "x.gif: a figure is written as .svg, .png, .pdf"),
        (["no-such-run"], "no-such-run: no such run folder"),
    ],
)
def test_wrong_use_is_one_line(results, words, message):
    found = called(results, *words)

    assert isinstance(found.exception, AttnbenchError)
    assert found.exception.exit_code == 2
    assert message in str(found.exception)
    assert "\n" not in str(found.exception)


@pytest.mark.parametrize("words", [["--level", "0"], ["--level", "1"], ["--margin", "-1"]])
def test_a_level_that_is_none_is_refused(results, words):
    assert called(results, *words).exit_code == 2


def test_no_run_at_all_is_one_line(tmp_path):
    found = called(tmp_path / "none")

    assert isinstance(found.exception, AttnbenchError)
    assert "no run that has a time; attnbench run makes one" in str(found.exception)


def test_of_all_runs_a_damaged_one_is_told_and_left_out(tmp_path):
    write(tmp_path, 0, record())
    (write(tmp_path, 1, record()) / "run.json").write_text("{")

    found = called(tmp_path, "--json")

    assert found.exit_code == 0
    assert "the file is damaged" in found.stderr
    assert len(json.loads(found.stdout)["series"][0]["points"]) == 1


def test_a_damaged_run_that_was_named_is_an_error(tmp_path):
    path = write(tmp_path, 1, record())
    (path / "run.json").write_text("{")

    assert isinstance(called(tmp_path, path.name).exception, StoreError)


def test_a_figure_that_cannot_be_written_is_one_line(results, tmp_path):
    (tmp_path / "file").touch()

    found = called(results, "--plot", tmp_path / "file" / "x.svg")

    assert isinstance(found.exception, StoreError)
    assert "cannot write" in str(found.exception)


def test_runs_of_every_format_stand_in_one_history(tmp_path):
    for path in OLD:
        shutil.copytree(path, tmp_path / path.parent.name)

    found = called(tmp_path, "--json")

    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["series"]


def test_a_name_that_steers_a_terminal_is_written_out(tmp_path):
    for number in range(2):
        write(tmp_path, number, record("<b>|[red]x$y$", (number + 1,), metric="macs.counted"))

    found = called(tmp_path, "--metric", "macs.counted", "--plot", tmp_path / "x.svg")

    assert found.exit_code == 0, found.output
    assert "<b>|[red]x$y$" in found.stdout
    assert "<b>|[red]x$y$" in set(ET.parse(tmp_path / "x.svg").getroot().itertext())


def test_history_does_not_import_torch(results):
    script = (
        "import sys\nfrom click.testing import CliRunner\nfrom attnbench.cli import history\n"
        f"found = CliRunner().invoke(history.command, ['--results', {str(results)!r}])\n"
        "assert found.exit_code == 0, found.output\n"
        "assert 'torch' not in sys.modules\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=REPOSITORY
    )

    assert told.returncode == 0, told.stderr
