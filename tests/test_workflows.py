"""The example workflows: valid by GitHub's schema, without injection, and their lines run."""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from attnbench.gate.outputs import FORMATS

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "docs" / "workflows").glob("*.yml"))
PLAIN = ROOT / "docs" / "workflows" / "gate-plain.yml"
SCHEMA = "vendor.github-workflows"  # as check-jsonschema has it: no network is asked
INSTALLS = "Install"  # the step that is not run here: `attnbench` on PATH stands for what it does

# Once the command is there, these run; until then pytest's summary says that they do not.
needs_gate = pytest.mark.skipif(
    not (ROOT / "attnbench" / "cli" / "gate.py").exists(), reason="attnbench gate is not built yet"
)
needs_clone = pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="not a checkout: there is nothing to clone"
)


def steps(path):
    """All of a workflow's steps."""
    jobs = yaml.safe_load(path.read_text("utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


def lines(path):
    """Its shell lines, by the name of their step."""
    return {step["name"]: step["run"] for step in steps(path) if "run" in step}


def test_there_is_one_for_each_tier():
    assert [f.name for f in FILES] == ["gate-gpu.yml", "gate-plain.yml"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_a_workflow_is_valid_by_the_published_schema(path):
    told = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", SCHEMA, path],
        capture_output=True,
        text=True,
    )

    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_the_shell_takes_every_line(path):
    for name, script in lines(path).items():
        told = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True)
        assert (told.returncode, told.stderr) == (0, ""), name


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_nothing_of_the_event_stands_in_a_shell_line(path):
    """GitHub puts what an expression gives into the script: the name of a branch could be code."""
    assert not [name for name, script in lines(path).items() if "${{" in script]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_actions_have_a_tag_and_are_githubs_own(path):
    used = [step["uses"] for step in steps(path) if "uses" in step]

    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", name) for name in used)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_a_job_may_read_and_nothing_more(path):
    rights = yaml.safe_load(path.read_text("utf-8"))["permissions"]

    assert set(rights.values()) == {"read"}


def test_the_page_tells_every_format():
    page = (ROOT / "docs" / "ci.md").read_text("utf-8")

    assert all(f"`--{name}" in page for name in FORMATS)
    assert all(f"](workflows/{path.name})" in page for path in FILES)


def calls(text):
    """The words of every call of `attnbench` in a script or a page, one list a call."""
    joined = text.replace("\\\n", " ")
    found = re.findall(r"^\s*(?:- )?(?:run: )?attnbench ([^#\n|&]*)", joined, re.MULTILINE)
    return [call.split() for call in found]


EVERY_CALL = [
    call for path in (*FILES, ROOT / "docs" / "ci.md") for call in calls(path.read_text("utf-8"))
]


@needs_gate
@pytest.mark.parametrize("call", EVERY_CALL, ids=" ".join)
def test_every_option_that_is_written_down_exists(call):
    from attnbench.cli import attnbench as group

    command = group.get_command(None, call[0])
    known = {name for option in command.params for name in option.opts}
    assert {word for word in call if word.startswith("--")} <= known


def cloned(folder):
    """A fresh clone of the last commit, with `attnbench` of that clone first on PATH."""
    clone, shims = folder / "clone", folder / "bin"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    shims.mkdir()
    shim = shims / "attnbench"
    shim.write_text(f'#!/bin/sh\nPYTHONPATH="{clone}" exec "{sys.executable}" -m attnbench "$@"\n')
    shim.chmod(0o755)
    return clone, shims


@needs_gate
@needs_clone
@pytest.mark.slow
def test_the_lines_of_the_plain_workflow_run_in_a_fresh_clone(tmp_path):
    """As GitHub runs them: each step in a bash of its own that stops at the first error."""
    clone, shims = cloned(tmp_path)
    summary = tmp_path / "summary.md"
    here = os.environ | {
        "PATH": f"{shims}:{os.environ['PATH']}",
        "BASE": "HEAD~1",  # what the workflow has it be on a push
        "GITHUB_STEP_SUMMARY": str(summary),
        "RUNNER_TEMP": str(tmp_path / "temp"),
    }
    scripts = lines(PLAIN)
    assert scripts.pop(INSTALLS)
    assert list(scripts) == ["Gate"]

    told = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", scripts["Gate"]],
        cwd=clone, env=here, capture_output=True, text=True,
    )  # fmt: skip

    # The last commit may have made a head worse, and then the line has to say so with 1.
    assert told.returncode in (0, 1), told.stdout + told.stderr
    root = ET.parse(tmp_path / "temp" / "gate" / "junit.xml").getroot()
    assert told.returncode == (int(root.get("failures")) > 0)
    assert int(root.get("tests")) > 0
    assert "::notice title=attnbench gate::" in told.stdout
    assert "## attnbench gate" in summary.read_text("utf-8")
    assert (tmp_path / "temp" / "gate" / "gate.json").exists()
    left = subprocess.run(
        ["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True
    )
    assert left.stdout == ""
