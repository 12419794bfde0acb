"""The page about scripts and notebooks: its blocks run one after the other, as it says."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "library.md"


@pytest.mark.slow
def test_the_blocks_of_the_page_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    names = {}

    for number, block in enumerate(blocks, 1):
        exec(compile(block, f"{PAGE.name}, block {number}", "exec"), names)

    assert len(blocks) >= 7
    assert (tmp_path / "latency.pdf").exists()
    assert len(list((tmp_path / "results").iterdir())) == 2
    assert "no energy counter for a CPU" in capsys.readouterr().out
