import json
import subprocess
import sys

import pytest

PRINTS_MODULES = """
import sys
sys.argv = {argv!r}
from attnbench.cli import main
try:
    main()
except SystemExit as end:
    code = end.code
print("CODE", code, "TORCH", "torch" in sys.modules, file=sys.stderr)
"""


def told(*words, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "attnbench", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=60,
    )


@pytest.mark.parametrize("words", [["--help"], ["list"], ["run", "--help"], ["report", "--help"]])
def test_reading_commands_do_not_import_torch(words):
    code = PRINTS_MODULES.format(argv=["attnbench", *words])

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert done.stderr.strip() == "CODE 0 TORCH False"


def test_no_command_shows_the_help():
    done = told()

    assert done.returncode == 0
    assert "Commands:" in done.stdout


def test_list_can_be_read_by_a_program():
    listed = json.loads(told("list", "--json").stdout)

    assert {"fcn", "ema", "isa"} <= {h["name"] for h in listed["heads"]}
    assert "resolution-sweep" in {s["name"] for s in listed["suites"]}
    assert {m["name"]: m["origin"] for m in listed["metrics"]}["latency"] == "measured"


def test_list_is_one_line_an_entry():
    lines = told("list", "heads").stdout.splitlines()

    assert lines[0] == "heads"
    assert any(line.split()[:2] == ["ema", "compact"] for line in lines)


def test_output_that_nobody_reads_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m attnbench list | head -1", shell=True, capture_output=True, text=True
    )

    assert (done.stdout, done.stderr) == ("heads\n", "")


def test_a_bug_of_ours_is_no_answer():
    code = PRINTS_MODULES.format(argv=["attnbench", "list"]).replace(
        "from attnbench.cli import main",
        "from attnbench.cli import attnbench, main\nattnbench.main = lambda **_: 1 / 0",
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert "ZeroDivisionError" in done.stderr
    assert "CODE 70" in done.stderr
