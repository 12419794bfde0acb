"""Every command of README and docs is carried out: as it stands, or made short in a stated way."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from attnbench.cli import attnbench
from attnbench.errors import AttnbenchError
from attnbench.run.asked import Asked
from attnbench.skeletons import begin
from attnbench.suite_file import read_suite, suite_path
from attnbench.train.datasets import open_split
from tests import run_folders
from tests.docs.commands import PAGES, ROOT, commands

TYPED = [page for page in PAGES if page.name != "cli.md"]  # of that one, test_help has examples
UNIQUE = list(dict.fromkeys(tuple(w) for page in TYPED for w in commands(page)))
OURS = [words[1:] for words in UNIQUE if words[0] == "attnbench"]
OTHERS = [words for words in UNIQUE if words[0] not in ("attnbench", "git")]
TARGETS = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
AWAY = ("--executor", "--self-test", "--baseline")  # parsed alone: a cluster, half an hour, a run
# With codes 1 and 3: what they find is theirs to say.
ANSWERS_NO = ("gate", "doctor", "compare")
# What stands for something of the reader's, in capitals.
STAND_INS = {"PATH": "pictures", "RUN": "results/RUN", "...": ""}


def id_of(words):
    return " ".join(words)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A folder in which everything that the pages name is there, and small."""
    here = tmp_path_factory.mktemp("world")
    for kind, name in (("head", "my_head"), ("metric", "my_metric"), ("dataset", "shapes")):
        begin(kind, name, here)
    begin("suite", "my_suite", here)
    for i, name in enumerate(("RUN1", "RUN2", "RUN3")):
        rounds = [value + i for value in (1.0, 1.1, 0.9)]
        told = [
            record
            for head in ("ema", "gc")
            for metric, unit, side in (("latency", "s", 64), ("memory", "bytes", 32))
            for record in run_folders.record(head, rounds, metric, unit=unit, side=side)
        ]
        run_folders.write(here / "results", i, told, name=name)
    _trained(here / "results" / "RUN")
    for name in ("accuracy-cpu", "sweep-cpu"):
        shutil.copytree(ROOT / "results" / "reference" / name, here / "results/reference" / name)
    _pictures(here / "pictures")
    drawn = np.random.default_rng(0).integers(0, 255, (256, 352, 3), np.uint8)
    Image.fromarray(drawn).save(here / "photo.jpg")
    Image.fromarray(open_split("legend_map", "val")[0].image).save(here / "legend-map.png")
    git = ("git", "-c", "user.name=N", "-c", "user.email=n@example.org")
    for words in (("init", "-q"), ("add", "*.py"), ("commit", "-qm", "one")):
        subprocess.run([*git, *words], cwd=here, check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "two"], cwd=here, check=True)
    return here


def _trained(path):
    """A real run, of two steps, with the weights that they left."""
    words = ("--suite", "accuracy", "--only", "non_local,isa,dnl,ema", "--set", "gates=open")
    short = ("--set", "steps=2", "--set", "rounds=1", "--keep-weights", "--no-probe")
    place = path.with_name("trained")
    command = [sys.executable, "-m", "attnbench", "run", *words, *short, "--results", place]
    subprocess.run(command, check=True, capture_output=True)
    (made,) = place.iterdir()
    made.rename(path)
    place.rmdir()


def _pictures(folder):
    """The plain layout: two images and masks of two classes for each split."""
    draw = np.random.default_rng(0)
    for split in ("train", "val"):
        for i in range(2):
            for kind, levels in (("images", (64, 64, 3)), ("labels", (64, 64))):
                place = folder / kind / split
                place.mkdir(parents=True, exist_ok=True)
                drawn = draw.integers(0, 2 if kind == "labels" else 255, levels, np.uint8)
                Image.fromarray(drawn).save(place / f"{i}.png")
    (folder / "classes.txt").write_text("one\ntwo\n")


@pytest.fixture
def there(world, monkeypatch):
    """In that folder."""
    monkeypatch.chdir(world)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return world


def shortened(words):
    """The same question, asked of less."""
    words = [STAND_INS.get(w, w) for w in words]
    words = ["cpu" if w.startswith("cuda") else w for w in words if w]
    command = words[0]
    if command == "gate":
        words = ["HEAD~1" if w == "origin/main" else w for w in words]
        tier = [] if "--tier" in words else ["--tier", "exact"]
        words = ["exact" if w == "timed" else w for w in words]
        only = [] if "--only" in words else ["--only", "eca"]
        return [*words, *tier, *only]
    return words


def planned(words):
    """The trials of a run that is not made."""
    asked = attnbench.get_command(None, "run").make_context("run", words[1:]).params
    suite, _ = read_suite(suite_path(asked["suite_name"]))
    what = (asked["heads"], asked["only"], asked["settings"], "cpu", asked["metrics"])
    return Asked(*what).of(suite).plan("cpu")


def exit_code(words):
    try:
        attnbench.main(list(words), standalone_mode=False)
    except SystemExit as end:
        return end.code
    except AttnbenchError as error:
        pytest.fail(str(error))
    return 0


@pytest.mark.parametrize("words", OURS, ids=id_of)
def test_a_command_of_the_pages_does_what_it_says(there, words, capsys, tmp_path):
    if words[0] == "new":  # it is there: the pages begin in an empty folder
        os.chdir(tmp_path)
    words = shortened(words)
    if set(AWAY) & set(words):
        command = attnbench.get_command(None, words[0])
        command.make_context(words[0], words[1:]).close()
        return
    if words[0] == "run" and not {"--resume", "--dry-run"} & set(words):  # they take minutes
        assert planned(words)
        return
    shutil.rmtree(there / "results" / "both", ignore_errors=True)
    assert exit_code(words) in ((0, 1, 3) if words[0] in ANSWERS_NO else (0,))
    assert capsys.readouterr().out


@pytest.mark.parametrize("words", OTHERS, ids=id_of)
def test_what_is_typed_beside_attnbench_is_there(words):
    program, *rest = words
    if program == "make":
        assert set(rest) <= TARGETS
    elif program in ("python", "bash", "pytest"):
        named = [Path(w) for w in rest if "/" in w and not w.startswith("-")]
        assert all((ROOT / p).exists() for p in named if "_head" not in p.name)
    else:
        assert program == "pip"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_of_a_page_leads_somewhere(page):
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    for link in links:
        place, _, part = link.partition("#")
        if ":" in place:
            continue
        target = (page.parent / place) if place else page
        assert target.exists(), link
        if part and target.suffix == ".md":
            heads = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in heads}
            assert part in slugs, link


def test_every_page_is_named_in_the_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [p.name for p in (ROOT / "docs").glob("*.md") if f"docs/{p.name}" not in text] == []
