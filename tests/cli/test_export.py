"""attnbench export: one table of many runs, for other programs."""

import csv
import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import msgspec
import pandas as pd
import pytest
from click.testing import CliRunner

from attnbench.cli.export import command
from attnbench.errors import AttnbenchError, StoreError
from attnbench.store import read_run

FORMATS = sorted(Path(__file__).parents[1].glob("data/format-*/*"))
RUNS = [str(p) for p in FORMATS]
READINGS = sum(len(r.readings) for p in FORMATS for r in read_run(p).records)


def export(*words):
    return CliRunner().invoke(command, [*map(str, words)])


def rows(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_reading_of_every_run_is_a_row_in_base_units(tmp_path):
    found = export(*RUNS, "--csv", tmp_path / "all.csv")

    assert found.exit_code == 0, found.output
    assert found.stdout == f"{READINGS} rows: {tmp_path / 'all.csv'}\n"
    table = rows(tmp_path / "all.csv")
    assert len(table) == READINGS
    assert {r["run"] for r in table} == {p.name for p in FORMATS}
    assert {r["unit"] for r in table if r["metric"] == "latency"} == {"s"}
    assert {r["cpu"] for r in table} == {"A processor"}


def test_the_samples_of_a_row_are_those_of_its_record(tmp_path):
    export(RUNS[0], "--csv", tmp_path / "one.csv")

    table = {(r["key"], r["round"], r["metric"]): r for r in rows(tmp_path / "one.csv")}
    for record in read_run(FORMATS[0]).records:
        for metric, reading in record.readings.items():
            row = table[record.key, str(record.round), metric]
            assert json.loads(row["samples"]) == list(reading.samples)
            assert float(row["least"]) <= float(row["value"]) <= float(row["most"])
            assert int(row["count"]) == len(reading.samples)


@pytest.mark.skipif(find_spec("pyarrow") is None, reason="needs attnbench[parquet]")
def test_parquet_holds_the_same_as_csv(tmp_path):
    found = export(*RUNS, "--parquet", tmp_path / "all.parquet", "--csv", tmp_path / "all.csv")

    assert found.exit_code == 0, found.output
    table, text = pd.read_parquet(tmp_path / "all.parquet"), rows(tmp_path / "all.csv")
    assert list(table.columns) == list(text[0])
    assert table["value"].tolist() == [float(r["value"]) for r in text]
    assert [list(s) for s in table["samples"]] == [json.loads(r["samples"]) for r in text]


def test_without_pyarrow_a_line_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr("attnbench.export.find_spec", lambda name: None)

    found = export(RUNS[0], "--parquet", tmp_path / "x.parquet")

    assert isinstance(found.exception, AttnbenchError)
    assert str(found.exception) == (
        "Parquet needs pyarrow; install it: pip install 'attnbench[parquet]'"
    )


def test_a_format_has_to_be_named():
    assert "which format? as in: attnbench export" in str(export(RUNS[0]).exception)


@pytest.fixture
def odd(tmp_path, record):
    """A run with options of every kind, formulas for names, and a failure."""
    folder = shutil.copytree(FORMATS[1], tmp_path / "odd")
    records = [
        record("=cmd()", options={"bases": 64, "scale": True, "rates": "-1", "name": "@x"}),
        record("ema", options={"bases": 0.5}),
        record("gc", status="oom"),
    ]
    lines = [msgspec.json.encode(r) + b"\n" for r in records]
    (folder / "records.jsonl").write_bytes(b"".join(lines))
    return folder


def test_options_have_columns_as_they_would_be_typed_and_no_cell_is_a_formula(odd, tmp_path):
    found = export(odd, "--csv", tmp_path / "odd.csv", "--parquet", tmp_path / "odd.parquet")

    assert found.exit_code == 0, found.output
    first, second = rows(tmp_path / "odd.csv")
    assert first["head"] == "'=cmd()"
    assert [first[f"option.{n}"] for n in ("bases", "scale", "rates", "name")] == [
        "64", "true", "-1", "'@x",
    ]  # fmt: skip
    assert (second["option.bases"], second["option.scale"]) == ("0.5", "")


def test_records_without_a_reading_are_counted(odd, tmp_path):
    found = export(odd, "--csv", tmp_path / "odd.csv")

    assert found.stderr == "warning: 1 records have no reading and so no row (oom)\n"


def test_a_run_without_a_reading_is_a_table_of_no_rows(tmp_path):
    folder = shutil.copytree(FORMATS[1], tmp_path / "run")
    (folder / "records.jsonl").write_text("")

    assert export(folder, "--csv", tmp_path / "no.csv").stdout.startswith("0 rows: ")
    assert (tmp_path / "no.csv").read_text().startswith("run,suite,environment,")


def test_a_file_that_cannot_be_written_keeps_what_was_there(tmp_path):
    (tmp_path / "taken").mkdir()

    found = export(RUNS[0], "--csv", tmp_path / "taken")

    assert isinstance(found.exception, StoreError)
    assert "cannot write (Is a directory); choose another file" in str(found.exception)
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_neither_merge_nor_export_imports_torch(tmp_path):
    script = (
        "import sys; from click.testing import CliRunner\n"
        "from attnbench.cli import merge, export\n"
        "for command, option in ((merge.command, '--into'), (export.command, '--csv')):\n"
        f"    words = [*{RUNS!r}, option, {str(tmp_path)!r} + '/' + option]\n"
        "    assert not CliRunner().invoke(command, words).exception\n"
        "assert 'torch' not in sys.modules\n"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert told.returncode == 0, told.stderr
