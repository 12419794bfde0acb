"""A run folder made to do harm: it runs no code, stays in its place, steers no terminal."""

import ast
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

import attnbench
from attnbench.cli._console import PrintableConsole, print_table, print_text, say, warn
from attnbench.errors import StoreError
from attnbench.printable import is_name, one_line, printable
from attnbench.record import SCHEMA
from attnbench.report import render
from attnbench.store import RunWriter, read_run
from tests import run_folders
from tests.replacing import replace
from tests.report.inline_scripts import markup

NEWEST = next(Path(__file__).parent.glob(f"data/format-{SCHEMA}/*"))
LINK = "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\"
EVIL = f"{LINK}\x1b[2J\x9b31m\x07\r\x7f\u202egnp.exe\u2066\ufeff<script>alert(1)</script>"
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
FILES = ("records.jsonl", "environments.jsonl", "conditions.jsonl", "run.json", "suite.toml")
SECRET = "root:x:0:0 a line that is nobody's business\n"


def command(here, *words):
    """Runs attnbench in the folder `here`; what it says must leave a terminal alone."""
    told = subprocess.run(
        [sys.executable, "-m", "attnbench", *map(str, words)],
        cwd=here, capture_output=True, encoding="utf-8", timeout=60,
    )  # fmt: skip
    assert not STEERING.search(told.stdout + told.stderr), told
    assert "Traceback" not in told.stderr, told.stderr
    return told


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def put(path, values):
    path.write_bytes(b"".join(msgspec.json.encode(v) + b"\n" for v in values))


@pytest.fixture
def here(tmp_path):
    (tmp_path / "deep" / "results").mkdir(parents=True)
    return tmp_path / "deep"


@pytest.fixture
def folder(here):
    return shutil.copytree(NEWEST, here / "results" / "run")


@pytest.fixture
def hostile(folder):
    """Every text that a folder may hold is EVIL, except names, which may not be."""
    records = lines(folder / "records.jsonl")
    for record in records:
        record["message"] = record["source"] = EVIL
        record["unmeasured"] = {"energy": EVIL}
        for reading in record["readings"].values():
            reading["notes"] = [EVIL]
            reading["pictures"] = dict.fromkeys(reading["pictures"], EVIL)
    failed = records[0] | {"status": "crashed", "readings": {}, "round": 1}
    put(folder / "records.jsonl", [*records, failed])
    (environment,) = lines(folder / "environments.jsonl")
    texts = {k: EVIL for k, v in environment.items() if isinstance(v, str) and k != "id"}
    put(folder / "environments.jsonl", [environment | texts | {"flags": {EVIL: EVIL}}])
    (conditions,) = lines(folder / "conditions.jsonl")
    finding = {"what": EVIL, "why": EVIL, "mend": EVIL, "severity": "stop"}
    put(folder / "conditions.jsonl", [conditions | {"findings": [finding]}])
    suite = (folder / "suite.toml").read_text().replace("A tiny run", json.dumps(EVIL)[1:-1])
    (folder / "suite.toml").write_text(suite.replace("Can a run", json.dumps(EVIL)[1:-1]))
    info = json.loads((folder / "run.json").read_bytes())
    asked = {"head": [EVIL], "only": [], "set": []}
    (folder / "run.json").write_bytes(msgspec.json.encode(info | {"asked": asked}))
    return folder


def tree(root):
    """Every file below, with its content."""
    return {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_a_report_of_hostile_text_shows_it_as_text(hostile, here, tmp_path):
    before = tree(tmp_path)

    told = command(here, "report", "run")

    assert told.returncode == 0, told.stderr
    assert told.stdout == "reports/run.html\n"
    assert tree(tmp_path).keys() - before.keys() == {here / "reports" / "run.html"}
    page = (here / "reports" / "run.html").read_text(encoding="utf-8")
    assert not STEERING.search(page)
    assert "<script" not in markup(page)
    assert "what the record holds here is no picture" in page
    assert r"\x1b]8;;http://evil.example" in page


@pytest.mark.parametrize("words", [("--markdown",), ("--latex",), ("--csv",), ("--figures", "svg")])
def test_a_report_of_hostile_text_in_another_format_steers_nothing(hostile, here, tmp_path, words):
    before = tree(tmp_path)

    told = command(here, "report", "run", *words)

    assert told.returncode == 0, told.stderr
    written = {p: text for p, text in tree(tmp_path).items() if p not in before}
    assert written
    for path, content in written.items():
        assert path.is_relative_to(here / "reports")
        text = content.decode("utf-8")
        assert not STEERING.search(text), path
        is_plain = path.suffix in (".csv", ".txt")  # nothing in them is read as markup
        assert is_plain or "<script" not in text, path


def test_a_merge_of_hostile_text_writes_its_own_files_alone(hostile, here, tmp_path):
    before = tree(tmp_path)

    told = command(here, "merge", "run", "--into", "results/all")

    assert told.returncode == 0, told.stderr
    assert tree(tmp_path).keys() - before.keys() == {here / "results" / "all" / f for f in FILES}
    assert command(here, "report", "all").returncode == 0


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_export_of_hostile_text_writes_its_file_alone(hostile, here, tmp_path, kind):
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    before = tree(tmp_path)

    told = command(here, "export", "run", f"--{kind}", f"out.{kind}")

    assert told.returncode == 0, told.stderr
    assert tree(tmp_path).keys() - before.keys() == {here / f"out.{kind}"}
    if kind == "csv":
        assert not STEERING.search((here / "out.csv").read_text(encoding="utf-8"))


def test_a_run_that_asks_for_a_hostile_head_is_not_resumed(hostile, here):
    told = command(here, "run", "--resume", hostile, "--no-probe")

    assert told.returncode == 2
    assert told.stderr.startswith("error: ")


@pytest.mark.parametrize("name", FILES)
def test_a_link_in_a_run_folder_is_not_read(folder, tmp_path, name):
    (tmp_path / "secret").write_text(SECRET)
    (folder / name).unlink()
    (folder / name).symlink_to(tmp_path / "secret")

    with pytest.raises(StoreError, match=f"{name}: a link, which is not followed; put the file it"):
        read_run(folder)


@pytest.mark.parametrize(
    "words",
    [
        ("report", "run"),
        ("merge", "run", "--into", "results/all"),
        ("export", "run", "--csv", "x.csv"),
        ("run", "--resume", "results/run"),
    ],
)
def test_no_command_follows_a_link_out_of_a_run_folder(folder, here, tmp_path, words):
    (tmp_path / "secret").write_text(SECRET)
    (folder / "records.jsonl").unlink()
    (folder / "records.jsonl").symlink_to(tmp_path / "secret")
    before = tree(tmp_path)

    told = command(here, *words)

    assert told.returncode == 2
    assert told.stderr.startswith("error: results/run/records.jsonl: a link, which is not followed")
    assert told.stderr.count("\n") == 1
    assert tree(tmp_path) == before


@pytest.mark.parametrize("name", [*FILES[:3], "worker.log"])
def test_a_link_in_a_run_folder_is_not_written_to(folder, tmp_path, name):
    (tmp_path / "secret").write_text(SECRET)
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(tmp_path / "secret")

    with pytest.raises(StoreError, match="a link, which is not followed"):
        RunWriter(folder)

    assert (tmp_path / "secret").read_text() == SECRET


def test_a_link_to_a_file_that_is_not_there_makes_none(folder, tmp_path):
    (folder / "records.jsonl").unlink()
    (folder / "records.jsonl").symlink_to(tmp_path / "new")

    with pytest.raises(StoreError, match="a link"):
        RunWriter(folder)

    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", FILES)
def test_a_pipe_in_a_run_folder_is_refused_at_once(folder, name):
    (folder / name).unlink()
    os.mkfifo(folder / name)

    with pytest.raises(StoreError, match="not a plain file"):
        read_run(folder)


@pytest.mark.parametrize(
    "wrong",
    [
        {"suite": "../../x"},
        {"suite": "/etc/x"},
        {"suite": EVIL},
        {"created": EVIL},
        {"attnbench": EVIL},
        {"merged": [EVIL]},
        {"threads": 10**9},
        {"threads": 0},
        {"seed": -1},
        {"seed": 10**40},
        {"schema": 0},
        {"schema": -5},
    ],
)
def test_a_run_that_says_what_none_can_is_refused(folder, wrong):
    info = json.loads((folder / "run.json").read_bytes())
    (folder / "run.json").write_bytes(msgspec.json.encode(info | wrong))

    with pytest.raises(StoreError, match="says what no run can have; the file is damaged"):
        read_run(folder)


@pytest.mark.parametrize("name", ["run.json", "suite.toml"])
def test_a_file_that_is_too_large_to_be_ours_is_refused(folder, name):
    with (folder / name).open("ab") as stream:
        stream.truncate(10**10)  # sparse: it takes no space

    with pytest.raises(StoreError, match="larger than"):
        read_run(folder)


@pytest.mark.parametrize("text", ["a = " + "[" * 10**5, "a = 1" + "0" * 10**4, "\0", "\xff"])
def test_a_suite_that_cannot_be_read_leaves_the_records_to_be_reported(folder, text):
    (folder / "suite.toml").write_text(text, encoding="latin-1")

    run = read_run(folder)

    assert len(run.records) == 6
    assert "the suite cannot be read, so its claims are not checked" in render(run)


def test_names_of_a_record_can_be_printed_or_it_is_left_out(folder):
    path = folder / "records.jsonl"
    one = read_run(folder).records[0]
    trial = replace(one.trial, head=EVIL)
    reading = one.readings["params"]
    bad = [
        replace(one, trial=trial, key=trial.key),
        replace(one, readings={EVIL: reading}),
        replace(one, readings={"params": replace(reading, unit=EVIL)}),
        replace(one, readings={"params": replace(reading, terms={EVIL: 1})}),
        replace(one, readings={"params": replace(reading, pictures={EVIL: ""})}),
    ]
    put(path, [one, *bad])

    run = read_run(folder)

    assert run.records == (one,)
    assert len(run.warnings) == 5
    assert not any(STEERING.search(w) for w in run.warnings)


def test_what_steers_a_terminal_is_written_out_and_the_rest_stays():
    text = printable(EVIL)

    assert not STEERING.search(text)
    assert text.startswith(r"\x1b]8;;http://evil.example\x1b\click")
    assert r"\u202egnp.exe\u2066\ufeff<script>" in text
    assert printable("N² · 4.1 ms\n\tÄ 漢 \u202f1") == "N² · 4.1 ms\n\tÄ 漢 \u202f1"
    assert one_line("a\n\tb\ud800") == r"a\n\tb\ud800"
    assert printable("\U000e0041") == r"\U000e0041"


def test_a_name_is_short_and_can_be_printed():
    assert is_name("ema bases=32")
    assert is_name("λ")
    assert not is_name("a\nb")
    assert not is_name("x" * 201)


def test_a_terminal_gets_our_styles_alone():
    console = PrintableConsole(file=io.StringIO(), force_terminal=True, width=400)

    print_text(console, EVIL)
    print_table(console, [EVIL], [[EVIL]])
    console.print(EVIL, markup=False)

    written = re.sub("\x1b\\[[0-9;]*m", "", console.file.getvalue())
    assert not STEERING.search(written)
    assert written.count(r"\u202egnp.exe") == 4


def test_lines_and_warnings_are_one_line_each(capsys):
    say(f"a\n{EVIL}")
    warn([f"b\n{EVIL}"])

    out, err = capsys.readouterr()
    assert not STEERING.search(out + err)
    assert (out.count("\n"), err.count("\n")) == (1, 1)


SOURCES = sorted(Path(attnbench.__file__).parent.rglob("*.py"))
RUNS_WHAT_IT_READS = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}
OF_A_USER = {"own.py"}  # what a user names on the command line, or hands over in a notebook
EVALUATES = {"cost.py"}  # formulas of our own heads; nothing that was read


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.name)
def test_no_source_runs_what_it_reads(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [a.name for a in node.names] + [getattr(node, "module", None) or ""]
            runs = {n.partition(".")[0] for n in names} & RUNS_WHAT_IT_READS
            assert not runs or path.name in OF_A_USER
        if isinstance(node, ast.Call):
            called, keywords = ast.unparse(node.func), {k.arg: k.value for k in node.keywords}
            if called in ("eval", "exec", "compile"):
                assert path.name in EVALUATES
            if called.endswith(("torch.load", "np.load", "numpy.load", "read_pickle")):
                assert ast.unparse(keywords["weights_only"]) == "True"
            assert "shell" not in keywords


SUITE_OF_CODE = """
title    = "of code"
question = "is it run?"
heads    = ["evil.py:Head", { name = "evil:Head", width = 3 }]

[[sweep]]
metrics  = ["latency", "evil.py:metric"]
channels = 512
size     = [64]

[[claim]]
id     = "slow"
says   = "It is slow"
source = "nobody"
check  = { kind = "value", metric = "macs.counted", head = "Head", within = [0, 9] }
"""


@pytest.mark.parametrize("command", ["report", "claims", "export"])
def test_what_reads_a_run_imports_no_code_that_it_names(tmp_path, command):
    (tmp_path / "evil.py").write_text("raise SystemExit('was run')\n")
    told = run_folders.record("Head", metric="macs.counted", unit="MACs")
    asked = {"head": ("evil.py:Head",), "metric": ("evil.py:metric",)}
    run = run_folders.write(tmp_path / "results", 0, told, asked=asked)
    (run / "suite.toml").write_text(SUITE_OF_CODE)
    words = [command, str(run), *(["--csv", "out.csv"] if command == "export" else [])]
    code = "from attnbench.cli import attnbench; from attnbench.registry import adopted; "
    code += f"attnbench.main({words!r}, standalone_mode=False); "
    code += "import sys; print(adopted(), 'torch' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "() False"
    if command == "claims":  # they are read all the same
        assert "slow" in done.stdout
