import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from attnbench.cli import attnbench
from attnbench.heads import HEADS


def listed(*words):
    return CliRunner().invoke(attnbench, ["list", *words], catch_exceptions=False).output


def test_a_program_gets_all_of_a_head():
    heads = {head["name"]: head for head in json.loads(listed("heads", "--json"))["heads"]}

    assert list(heads) == list(HEADS)
    assert heads["ema"] | {"about": ""} == {
        "name": "ema",
        "family": "compact",
        "complexity": "N·K·C·T",
        "year": 2019,
        "paper": "Expectation-Maximization Attention Networks for Semantic Segmentation",
        "params": 525_824,
        "about": "",
    }


@pytest.mark.parametrize("kind", ["heads", "suites", "metrics", "datasets"])
def test_lines_fit_a_terminal(kind):
    assert all(len(line) <= 120 for line in listed(kind).splitlines())


def test_heads_are_told_with_their_parameters_under_a_title():
    _, titles, *lines = listed("heads").splitlines()

    at = titles.index("params at C=512")
    assert {line[at : at + 15].strip() for line in lines if " eca " in line} == {"3"}
    assert len(lines) == len(HEADS)


def test_data_sets_are_told_with_the_number_of_their_classes():
    told = {
        entry["name"]: entry["classes"]
        for entry in json.loads(listed("datasets", "--json"))["datasets"]
    }

    assert (told["camvid"], told["cityscapes"], told["folder"]) == (11, 19, None)
    assert any(line.split()[:2] == ["folder", "listed"] for line in listed("datasets").splitlines())


@pytest.mark.parametrize("kind", ["heads", "metrics", "datasets"])
def test_listing_imports_neither_torch_nor_what_a_report_needs(kind):
    code = f"""
import sys
from attnbench.cli import attnbench
attnbench(["list", "{kind}"], standalone_mode=False)
sys.exit(bool({{"torch", "scipy", "pandas"}} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)

    assert done.returncode == 0
