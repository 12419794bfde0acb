import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from attnbench.cli.claims import command
from attnbench.errors import StoreError
from attnbench.suite_file import read_suite, suite_names, suite_path

RUN = Path(__file__).parents[1] / "data" / "format-1" / "20260101-000000-tiny"


CLAIM = """
[[claim]]
id     = "ema-small"
says   = "EM attention has few parameters"
source = "made up"
check  = { kind = "value", metric = "macs.counted", head = "ema", within = [1, inf] }
"""


@pytest.fixture
def results(tmp_path):
    """With one run, whose suite makes one claim."""
    folder = tmp_path / "results" / RUN.name
    shutil.copytree(RUN, folder)
    suite = folder / "suite.toml"
    suite.write_text(suite.read_text() + CLAIM)
    return tmp_path / "results"


def printed(*words, results):
    return CliRunner().invoke(command, [*words, "--results", str(results)], catch_exceptions=False)


def test_claims_of_a_suite_that_was_never_run_say_how_to_run_it(tmp_path):
    found = json.loads(printed("--json", results=tmp_path / "none").stdout)

    every = [c.id for n in suite_names() for c in read_suite(suite_path(n))[0].claims]
    assert [told["id"] for told in found] == every
    detail = {told["id"]: told["detail"] for told in found}
    assert detail["ema-linear-macs"] == "needs attnbench run --suite resolution-sweep"


def test_claims_on_printed_figures_need_no_run(tmp_path):
    found = json.loads(printed("--json", results=tmp_path / "none").stdout)

    (told,) = (told for told in found if told["id"] == "a2-order-printed")
    assert (told["verdict"], told["found"]["value"]) == ("holds", 1.0)


def test_a_run_is_named_or_its_folder(results):
    by_name = printed(RUN.name, results=results)
    by_path = printed(str(results / RUN.name), results="elsewhere")

    assert by_name.stdout == by_path.stdout
    assert "ema-small" in by_name.stdout
    assert "1 claim: 1 holds" in by_name.stdout


def test_a_run_without_claims_is_an_error(results):
    suite = results / RUN.name / "suite.toml"
    suite.write_text(suite.read_text().split("[[claim]]")[0])

    found = CliRunner().invoke(command, [RUN.name, "--results", str(results)])

    assert isinstance(found.exception, StoreError)
    assert "no suite of these runs makes a claim" in str(found.exception)
