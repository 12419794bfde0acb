"""attnbench merge: which runs, where to, and what is printed."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from attnbench.cli.merge import command
from attnbench.cli.report import command as report
from attnbench.errors import StoreError

FORMATS = sorted(Path(__file__).parents[1].glob("data/format-*/*"))


@pytest.fixture
def results(tmp_path):
    for path in FORMATS:
        shutil.copytree(path, tmp_path / "results" / path.name)
    return tmp_path / "results"


def test_runs_by_name_and_path_are_merged_and_the_result_is_reported(results, tmp_path):
    one, two = (p.name for p in FORMATS[:2])
    target = str(results / "both")

    found = CliRunner().invoke(
        command, [one, str(results / two), "--into", target, "--results", str(results)]
    )

    # Two heads: a count each, the same in both, and two rounds of each run.
    assert found.exit_code == 0, found.output
    assert found.stdout == f"10 records of 2 runs: {target}\n"
    assert "warning: measured in 2 environments (0bf9651d, 53c60e73)" in found.stderr
    page = CliRunner().invoke(
        report, ["both", "--results", str(results), "--reports", str(tmp_path / "reports")]
    )
    assert page.stdout == f"{tmp_path / 'reports' / 'both.html'}\n"


def test_a_run_that_is_not_there_is_an_error_and_nothing_is_made(results):
    found = CliRunner().invoke(
        command, ["none", "--into", str(results / "both"), "--results", str(results)]
    )

    assert isinstance(found.exception, StoreError)
    assert not (results / "both").exists()
