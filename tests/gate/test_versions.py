"""What a version has is read from its files; environments are compared by what changes a number."""

import subprocess
import sys
from dataclasses import fields, replace

import pytest

from attnbench.gate import fingerprint
from attnbench.gate.errors import BrokenHeadError, NotComparableError
from attnbench.gate.versions import Version
from attnbench.record import SCHEMA, Environment, Gpu
from attnbench.trial import Shape, Trial

HEAD = """
@head(family="global")
class {name}:
    def __init__(self, channels, *, bases: int = 3, kernel: Literal["eager", "fused"] = "eager"):
        ...
"""


@pytest.fixture
def version(tmp_path):
    package = tmp_path / "attnbench"
    for folder in ("run", "heads", "measure"):
        (package / folder).mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "run" / "__init__.py").write_text("")
    (package / "run" / "worker.py").write_text("")
    (package / "run" / "keeper.py").write_text("import sys\nsys.exit('no torch')\n")
    (package / "record.py").write_text(f"SCHEMA = {SCHEMA}\n")
    (package / "heads" / "ema.py").write_text(HEAD.format(name="Ema"))
    (package / "heads" / "gc.py").write_text(HEAD.format(name="Gc").replace(', "fused"', ""))
    (package / "heads" / "isa.py").write_text("this is not Python")
    (package / "measure" / "params.py").write_text("")
    return Version("base", "v1", tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("trial", "reason"),
    [
        ({"head": "ema"}, ""),
        ({"head": "ema", "options": {"bases": 5}}, ""),
        ({"head": "ema", "kernel": "fused"}, ""),
        ({"head": "ccnet"}, "no head ccnet"),
        ({"head": "ema", "options": {"rates": 6}}, "no option rates of ema"),
        ({"head": "gc", "kernel": "fused"}, "no fused kernel of gc"),
        ({"head": "isa"}, ""),  # broken, which its worker says better
    ],
)
def test_what_a_version_lacks_is_said_before_anything_runs(version, trial, reason):
    assert version.lacks(Trial(shape=Shape(1, 8, 4, 4), **trial)) == reason


def test_a_version_without_a_package_has_what_is_installed(tmp_path):
    version = Version("base", "v1", tmp_path, tmp_path)

    assert version.lacks(Trial("ccnet", Shape(1, 8, 4, 4))) == ""
    assert version.lacks_metrics() == frozenset()


def test_metrics_that_came_later_are_left_out(version):
    assert "output" in version.lacks_metrics()
    assert "params" not in version.lacks_metrics()


def test_records_of_another_format_are_not_compared(version, tmp_path):
    (tmp_path / "attnbench" / "record.py").write_text("SCHEMA = 1\n")

    with pytest.raises(NotComparableError, match=f"base v1 writes records of format 1, .*{SCHEMA}"):
        version.first(tmp_path / "log")


def test_a_version_that_does_not_start_says_why(version, tmp_path):
    with pytest.raises(NotComparableError) as base:
        version.first(tmp_path / "log")
    with pytest.raises(BrokenHeadError) as head:
        replace(version, role="head", name="working tree").first(tmp_path / "log")

    assert str(base.value) == "base v1 does not start: no torch"
    assert str(head.value) == "head working tree does not start: no torch"
    assert (base.value.exit_code, head.value.exit_code) == (4, 1)


CARD = Gpu("H200", "GPU-1", 10, 700.0, 1980, "on", "off")
HERE = Environment(
    id="a", attnbench="1", python="3.11", torch="2.6", numpy="2", fvcore="0", cuda="12", driver="5",
    os="Linux", cpu="a CPU", cores=4, memory_bytes=9, threads=1, gpus=(CARD,),
    flags={"tf32": "off"}, governor="performance", turbo="off", quota_cores=2.0, commit="c",
)  # fmt: skip
OTHER = {
    "torch": "2.7", "cuda": "13", "driver": "6", "cpu": "another", "cores": 8, "threads": 2,
    "flags": {"tf32": "on"}, "governor": "powersave", "turbo": "on", "quota_cores": 1.0,
    "gpus": (replace(CARD, name="A100"),),
}  # fmt: skip


@pytest.mark.parametrize("name", [f.name for f in fields(Environment)])
def test_times_need_all_that_changes_them_and_counts_the_torch_alone(name):
    changed = {name: OTHER.get(name, "other")}
    there = replace(HERE, **changed)

    assert bool(fingerprint.differences(HERE, there, timed=True)) == (name in OTHER)
    assert bool(fingerprint.differences(HERE, there, timed=False)) == (name == "torch")


def test_counts_are_those_of_a_release_of_torch_whatever_it_was_built_for():
    here, there = (replace(HERE, torch=f"2.6{build}") for build in ("+cpu", "+cu126"))

    assert fingerprint.differences(here, there, timed=False) == []
    assert fingerprint.differences(here, there, timed=True) == ["torch 2.6+cpu -> 2.6+cu126"]


def test_all_differences_are_listed():
    there = replace(HERE, **OTHER)
    found = fingerprint.differences(HERE, there, timed=True)

    assert "torch 2.6 -> 2.7" in found
    assert "tf32 off -> on" in found
    assert "card name H200 -> A100" in found
    with pytest.raises(NotComparableError, match="driver 5 -> 6; cpu a CPU -> another"):
        fingerprint.check(found, "results/x", allowed=False)
    assert fingerprint.check(found, "results/x", allowed=True)[0].startswith("results/x was meas")
    assert fingerprint.check([], "results/x", allowed=False) == []


def test_another_card_of_the_same_model_is_a_note():
    there = replace(HERE, gpus=(replace(CARD, uuid="GPU-2"),))

    assert fingerprint.differences(HERE, there, timed=True) == []
    assert "8 %" in fingerprint.other_card(HERE, there)[0]
    assert fingerprint.other_card(HERE, HERE) == []


def test_a_gate_is_judged_without_torch():
    told = (
        "import sys, attnbench.gate.judge, attnbench.gate.self_test; print('torch' in sys.modules)"
    )

    assert subprocess.check_output([sys.executable, "-c", told], text=True).strip() == "False"
