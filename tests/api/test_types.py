"""What a type checker makes of a script that uses attnbench."""

from pathlib import Path

import pytest

import attnbench

ROOT = Path(attnbench.__file__).parent.parent
SCRIPT = """
import attnbench
from attnbench import measure
from torch import nn

run = attnbench.run("smoke", heads=["ema"], set={"size": [32]}, progress=False)
reveal_type(run)
reveal_type(run.figure("latency"))
found = measure(nn.ReLU(), (1, 16, 8, 8), metrics=["latency"], mode="training")
reveal_type(found["latency"].value)
reveal_type(attnbench.measure(nn.ReLU(), attnbench.Shape(1, 2, 3, 4)))
reveal_type(attnbench.predict("ema", (1, 16, 8, 8)).inference.memory)
for change in attnbench.compare(run, "other"):
    reveal_type(change.ratio)
    reveal_type(change.verdict)
"""
TYPES = [
    "attnbench.api.run_handle.Run",
    "matplotlib.figure.Figure",
    "float",
    "attnbench.api.measured.Measured",
    "attnbench.prediction.Memory | None",
    "attnbench.stats.Estimate | None",
]
WRONG = """
import attnbench
attnbench.mesure
attnbench.run("smoke", round=3)
attnbench.measure("ema", (1, 16, 8, 8))
attnbench.predict("ema", (1, 16, 8, 8), kernel="fast")
"""


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """What mypy says of a script, line by line, within the settings of this repository."""
    from mypy import api

    folder = tmp_path_factory.mktemp("scripts")
    options = ["--config-file", str(ROOT / "pyproject.toml"), "--no-error-summary"]

    def lines(text):
        (folder / "script.py").write_text(text)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MYPYPATH", str(ROOT))
            out, err, _ = api.run([*options, "--cache-dir", str(folder), str(folder / "script.py")])
        assert not err
        return out.splitlines()

    return lines


@pytest.mark.slow
def test_a_script_is_checked_and_its_names_have_types(checked):
    told = checked(SCRIPT)

    assert not [line for line in told if " error: " in line]
    found = [line.partition('Revealed type is "')[2].rstrip('"') for line in told]
    assert found[: len(TYPES)] == TYPES
    assert all(f"Literal['{word}']" in found[-1] for word in ("worse", "unclear", "broke"))


@pytest.mark.slow
def test_what_is_wrong_in_a_script_is_found(checked):
    told = checked(WRONG)

    assert [line.split(":")[1] for line in told if " error: " in line] == ["3", "4", "5", "6"]
    assert 'has no attribute "mesure"' in told[0]
