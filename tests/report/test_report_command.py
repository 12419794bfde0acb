"""attnbench report: which run is meant, and what is printed."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from made_up import made_up_run

from attnbench.cli.report import command
from attnbench.errors import EXIT_NOT_COMPARABLE, AttnbenchError, StoreError
from attnbench.merge import NotMergeableError
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


NEW = "20260102-000000-new"


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--html"], [f"{NEW}.html"]),
        (["--markdown"], [f"{NEW}.md"]),
        (["--latex"], [f"{NEW}.tex", f"{NEW}-standalone.tex"]),
        (["--csv"], [f"{NEW}-csv"]),
        (["--figures", "svg"], [f"{NEW}-figures"]),
        (["--csv", "--markdown", "--html"], [f"{NEW}.html", f"{NEW}.md", f"{NEW}-csv"]),
    ],
)
def test_each_format_is_written_and_its_path_printed(told, tmp_path, words, names):
    found = told(*words)

    assert found.exit_code == 0, found.output
    assert found.stdout.splitlines() == [str(tmp_path / "reports" / name) for name in names]
    assert sorted(p.name for p in (tmp_path / "reports").iterdir()) == sorted(names)


def test_a_page_for_github_can_be_appended_to_the_summary_of_a_job(told, tmp_path):
    told("--markdown")

    text = (tmp_path / "reports" / f"{NEW}.md").read_text(encoding="utf-8")

    assert text.startswith("# ")
    assert text.endswith("\n")


def test_figures_are_of_each_kind_that_is_asked_for_and_as_wide(results, tmp_path):
    run = made_up_run(rounds=1)
    writer = RunWriter.create(results, run.info, run.suite_text)
    for record in run.records:
        if record.trial.head == "gc":
            writer.append(record)
    writer.close()
    words = ["--figures", "svg", "--figures", "pdf", "--columns", "2"]

    folders = ["--results", str(results), "--reports", str(tmp_path / "reports")]
    found = CliRunner().invoke(command, [str(writer.path), *words, *folders])

    (folder,) = map(Path, found.stdout.split())
    assert {p.suffix for p in folder.iterdir()} == {".svg", ".pdf", ".txt"}
    assert "Each is 6.9 in wide" in (folder / "captions.txt").read_text(encoding="utf-8")


def test_several_runs_are_one_report(told, tmp_path):
    found = told("20260101-000000-old", NEW, "--markdown")

    name = f"20260101-000000-old+{NEW}"
    assert found.stdout == f"{tmp_path / 'reports' / name}.md\n"


def test_runs_that_cannot_be_merged_are_one_line_with_the_code_of_merge(told, results):
    from attnbench.merge import merge, write
    from attnbench.store import read_run

    write(merge([read_run(results / NEW)], results / "merged").run)

    found = told("merged", "20260101-000000-old")

    assert isinstance(found.exception, NotMergeableError)
    assert found.exception.exit_code == EXIT_NOT_COMPARABLE
    assert "merged already; name what it is made of" in str(found.exception)


def test_a_width_without_figures_is_one_line(told, tmp_path):
    found = told("--csv", "--columns", "2")

    assert type(found.exception) is AttnbenchError
    assert "add --figures pdf" in str(found.exception)
    assert not (tmp_path / "reports").exists()


def test_a_kind_of_picture_that_there_is_not_is_refused(told):
    found = told("--figures", "bmp")

    assert isinstance(found.exception, AttnbenchError)
    assert str(found.exception) == "--figures: unknown value 'bmp'; known: pdf, png, svg"


@pytest.mark.parametrize("word", ["--html", "--markdown", "--latex", "--csv"])
def test_a_folder_that_cannot_be_written_is_one_line(told, tmp_path, word):
    (tmp_path / "reports").touch()

    found = told(word)

    assert isinstance(found.exception, StoreError)
    assert "choose another folder with --reports" in str(found.exception)


def test_the_side_of_a_gate_is_reported_under_the_name_of_the_gate(told, results, tmp_path):
    (results / "a-gate").mkdir()
    (results / NEW).rename(results / "a-gate" / "head")

    found = told("a-gate", "--csv", "--markdown")

    reports = tmp_path / "reports"
    assert found.stdout == f"{reports / 'a-gate'}.md\n{reports / 'a-gate'}-csv\n"


@pytest.mark.parametrize("word", ["--markdown", "--latex", "--csv", "--figures=svg"])
def test_no_format_imports_torch(results, tmp_path, word):
    script = (
        "import sys; from click.testing import CliRunner\n"
        "from attnbench.cli.report import command\n"
        f"words = [{word!r}, '--results', {str(results)!r}, '--reports', {str(tmp_path)!r}]\n"
        "found = CliRunner().invoke(command, words)\n"
        "assert not found.exception, found.exception\n"
        "assert 'torch' not in sys.modules\n"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert told.returncode == 0, told.stderr
