"""Readings of runs as a DataFrame."""

import inspect
import re

import pytest

import attnbench
from attnbench.errors import StoreError
from attnbench.frame import COLUMNS, frame
from tests.api.runs import records, run
from tests.replacing import replace

TIMES = (0.5, 0.25, 0.75)


def test_a_run_its_path_and_its_name_give_the_rows_of_an_export(tmp_path):
    made = run(tmp_path, 0, records(TIMES))

    for source in (made, made.path, str(made.path), made.name):
        rows = attnbench.load(source, results=tmp_path)
        assert rows.equals(frame(made.stored))
    assert rows.value.tolist() == list(TIMES)
    assert rows["round"].tolist() == [0, 1, 2]
    assert rows.equals(made.frame())


def test_several_runs_and_patterns_are_put_together_in_order(tmp_path, monkeypatch):
    first, second = (
        run(tmp_path, 0, records(TIMES)),
        run(tmp_path, 1, records(TIMES[:1], head="gc")),
    )
    names = [first.name, second.name]
    monkeypatch.chdir(tmp_path)

    assert attnbench.load([second, first]).attrs["runs"] == names[::-1]
    assert attnbench.load("2026*").attrs["runs"] == names
    assert attnbench.load(str(tmp_path / "*-made-up")).run.tolist() == [names[0]] * 3 + names[1:]
    with pytest.raises(StoreError, match="nothing-\\*: no run folder has such a name"):
        attnbench.load("nothing-*")
    with pytest.raises(StoreError, match="no such run folder"):
        attnbench.load("nothing")


def test_what_could_not_be_read_and_what_has_no_row_is_told(tmp_path):
    (good, *_) = records(TIMES)
    failed = replace(good, round=1, status="oom", readings={})
    made = run(tmp_path, 0, [good, failed])
    with (made.path / "records.jsonl").open("a") as lines:
        lines.write("half a rec")

    warnings = attnbench.load(made.path).attrs["warnings"]

    assert len(warnings) == 2
    assert warnings[0].startswith(f"{made.name}: ")
    assert "cut in the middle" in warnings[0]
    assert warnings[1] == "1 records have no reading and so no row (oom)"


def test_every_column_is_documented():
    told = inspect.getdoc(attnbench.load).partition("Columns")[2]

    assert [c for c in COLUMNS if not re.search(rf"\b{c}\b[^:\n]*: ", told)] == []
    assert "option.NAME: " in told
