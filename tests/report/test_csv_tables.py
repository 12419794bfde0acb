"""Tables as files: numbers in base units, that a program reads without knowing the page."""

import csv
from math import inf

import pytest
from made_up import EVIL, made_up_run

from attnbench.errors import StoreError
from attnbench.export import to_csv
from attnbench.report.contents import Slugs, contents, tables
from attnbench.report.csv_tables import INDEX, READINGS, Field, fields, write_csv
from attnbench.report.tables import (
    Cell,
    Column,
    Table,
    count,
    estimated,
    nothing,
    quantities,
    words,
)
from attnbench.stats import Estimate, exactly
from tests.replacing import replace


@pytest.fixture(scope="module")
def shown():
    run = made_up_run()
    few = [r for r in run.records if r.trial.head in ("gc", "self_attention", "my_head")]
    return contents(replace(run, records=tuple(few)))


@pytest.fixture(scope="module")
def written(shown, tmp_path_factory):
    return write_csv(shown, tmp_path_factory.mktemp("reports"), "elsewhere")


def rows(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def of(*columns):
    return {f.header: f.values for f in fields(Table("t", columns))}


def test_a_time_has_its_value_and_both_ends_in_seconds():
    column = quantities("latency", [Estimate(0.004, 0.003, 0.005), exactly(2.0)], "s")

    assert of(column) == {
        "latency [s]": ("0.004", "2"),
        "latency, low [s]": ("0.003", ""),
        "latency, high [s]": ("0.005", ""),
    }


def test_a_count_has_every_digit_and_no_interval():
    assert of(quantities("MACs", [exactly(35_321_811_042_304)], "MACs")) == {
        "MACs [MACs]": ("35321811042304",)
    }


def test_what_is_not_known_is_empty_and_what_failed_is_a_note():
    column = quantities("latency", [None, None, exactly(0.5)], "s", missing=["", "time-out", ""])

    assert of(column) == {"latency [s]": ("", "", "0.5"), "latency, note": ("", "time-out", "")}


def test_numbers_of_several_units_have_theirs_beside_them():
    cells = (estimated("1 s", exactly(1.0), "s"), estimated("2 B", exactly(2), "bytes"))

    assert of(Column("found", cells)) == {"found": ("1", "2"), "found, unit": ("s", "bytes")}


def test_words_stay_words_and_lines_below_them_are_notes():
    column = words("claim", [Cell("it holds", ("a, b", "c")), nothing()])

    assert of(column) == {"claim": ("it holds", ""), "claim, note": ("a, b; c", "")}


def test_columns_of_one_title_are_told_apart():
    table = Table("t", (Column("n", (count(1),)), Column("n", (count(2),))))

    assert [f.header for f in fields(table)] == ["n", "n 2"]


def test_what_a_number_is_of_stands_in_its_title_where_it_has_no_unit():
    cells = (estimated("2.00", exactly(2.0)),)

    assert fields(Table("t", (Column("power of N", cells, "to 64²"),))) == [
        Field("power of N, to 64²", ("2",))
    ]


def test_what_is_never_reached_is_infinite():
    assert of(Column("side", (estimated("never", exactly(inf), "px"),))) == {"side [px]": ("inf",)}


def test_each_table_of_the_page_is_a_file(shown, written):
    wanted = sum(1 for chapter in shown.chapters for _ in tables(chapter.blocks))

    names = {p.name for p in written.iterdir()}
    assert len(names - {INDEX, READINGS}) == wanted > 20
    titles, *told = rows(written / INDEX)
    assert titles == ["file", "section", "caption", "column", "unit", "origin"]
    assert {row[0] for row in told} == names - {INDEX, READINGS}
    for name in names - {INDEX, READINGS}:
        assert [row[3] for row in told if row[0] == name] == rows(written / name)[0]


def test_the_readings_are_those_of_the_export(shown, written, tmp_path):
    to_csv([shown.run], tmp_path / "all.csv")

    assert (written / READINGS).read_bytes() == (tmp_path / "all.csv").read_bytes()


def test_every_file_is_a_rectangle(written):
    for path in written.iterdir():
        assert len({len(row) for row in rows(path)}) == 1, path


def test_the_mean_of_a_head_is_that_of_its_rounds(shown, written):
    """The reference size is 96x96, the largest with times."""
    (path,) = [p for p in written.iterdir() if p.name.startswith("summary-")]
    titles, *table = rows(path)
    (row,) = [r for r in table if r[0] == "gc"]
    seconds = [
        sorted(r.readings["latency"].samples)[1]  # the median of three
        for r in shown.run.records
        if r.trial.label == "gc" and r.trial.shape.height == 96 and r.trial.mode == "inference"
        and "latency" in r.readings
    ]  # fmt: skip

    found = float(row[titles.index("latency, forward [s]")])

    assert len(seconds) == 5
    assert found == pytest.approx(sum(seconds) / 5)


def test_no_cell_is_a_formula(tmp_path):
    run = made_up_run()
    evil = [replace(r, message="=cmd()") for r in run.records if r.status == "crashed"]

    folder = write_csv(contents(replace(run, records=tuple(evil))), tmp_path, "elsewhere")

    cells = [cell for row in rows(folder / "failures-failed.csv") for cell in row]
    assert "'=cmd()" in cells
    assert f"my_head name={EVIL}" in cells
    assert "=cmd()" not in cells


def test_a_run_without_records_has_its_index_and_no_reading(tmp_path):
    empty = contents(replace(made_up_run(), records=(), environments={}))

    folder = write_csv(empty, tmp_path, "elsewhere")

    assert len(rows(folder / READINGS)) == 1
    assert rows(folder / INDEX)[0][0] == "file"


def test_a_folder_that_cannot_be_made_is_one_line(shown, tmp_path):
    (tmp_path / "reports").touch()

    with pytest.raises(StoreError, match=r"cannot write .*; elsewhere"):
        write_csv(shown, tmp_path / "reports", "elsewhere")


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("Forward pass at 64², C = 512", "forward-pass-at-64x64-c-512"),
        ("16×24", "16x24"),
        ("../../etc/passwd", "etc-passwd"),
        ("…", "table"),
        ("x" * 200, "x" * 80),
    ],
)
def test_a_name_is_of_letters_digits_and_dashes(words, slug):
    slugs = Slugs()

    assert slugs.slug(words) == slug
    assert slugs.slug(words) == f"{slug}-2"
