"""attnbench report: which run is meant, and what is printed."""

import pytest
from click.testing import CliRunner
from made_up import made_up_run

from attnbench.cli.report import command
from attnbench.errors import StoreError
from attnbench.store import RunWriter


@pytest.fixture
def results(tmp_path):
    """Two run folders, the second newer, with two records each."""
    run = made_up_run(rounds=1)
    for name in ("20260101-000000-old", "20260102-000000-new"):
        writer = RunWriter.create(tmp_path / "made", run.info, run.suite_text)
        for record in run.records[:2]:
            writer.append(record)
        writer.close()
        (tmp_path / "results").mkdir(exist_ok=True)
        writer.path.rename(tmp_path / "results" / name)
    return tmp_path / "results"


@pytest.fixture
def told(results, tmp_path):
    """A function that calls the command and gives its result."""
    folders = ["--results", str(results), "--reports", str(tmp_path / "reports")]

    def call(*words):
        return CliRunner().invoke(command, [*words, *folders])

    return call


def test_the_newest_run_is_reported_and_its_page_named(told, tmp_path):
    found = told()

    assert found.exit_code == 0
    assert found.stdout == f"{tmp_path / 'reports' / '20260102-000000-new.html'}\n"


@pytest.mark.parametrize("as_path", [False, True])
def test_a_run_is_named_or_given_as_a_path(told, results, tmp_path, as_path):
    name = "20260101-000000-old"

    found = told(str(results / name) if as_path else name, "--html")

    assert found.stdout == f"{tmp_path / 'reports' / name}.html\n"


def test_the_explorer_can_be_left_out(told, tmp_path):
    page = tmp_path / "reports" / "20260102-000000-new.html"

    told()
    assert 'id="explorer"' in page.read_text(encoding="utf-8")
    told("--no-explorer")

    assert 'id="explorer"' not in page.read_text(encoding="utf-8")
    assert "Plotly" not in page.read_text(encoding="utf-8")


def test_a_run_that_is_not_there_is_an_error_of_the_store(told):
    assert isinstance(told("no-such-run").exception, StoreError)


def test_no_run_at_all_is_an_error_of_the_store(tmp_path):
    found = CliRunner().invoke(command, ["--results", str(tmp_path)])

    assert isinstance(found.exception, StoreError)
