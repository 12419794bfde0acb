"""A file that is read in parts by several processes says what it says line by line."""

import os
from pathlib import Path

import msgspec
import pytest

import attnbench.record_files as files
from attnbench.errors import StoreError
from attnbench.record import Reading, Record
from attnbench.record_files import Range, records
from tests.replacing import replace
from tests.report.million import Sweep, write

SMALL = Sweep(
    heads=(("ema", {}), ("non_local", {}), ("gc", {})), sides=(16, 256), batches=(1,),
    channels=(256,), dtypes=("float32",), has_memory_each_round=True,
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write(tmp_path_factory.mktemp("parts") / "run", 400, SMALL)


@pytest.fixture
def cores(monkeypatch):
    """Makes any file large enough for as many processes."""

    def are(number):
        monkeypatch.setattr(files, "SMALLEST_PART", 1)
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(number)))

    return are


def plainly(path):
    """Each line by itself, without a check."""
    return [msgspec.json.decode(line, type=Record) for line in path.read_bytes().splitlines()]


@pytest.mark.parametrize("number", [1, 2, 5])
def test_parts_are_the_whole(folder, cores, number):
    path = folder / "records.jsonl"
    cores(number)
    assert len(files._ranges(path)) == number
    warnings = []

    found = records(path, warnings)

    assert found == plainly(path)
    assert warnings == []


def test_what_is_wrong_has_the_number_that_its_line_has_in_the_file(folder, cores, tmp_path):
    path = tmp_path / "records.jsonl"
    lines = (folder / "records.jsonl").read_bytes().splitlines(keepends=True)
    wrong = (3, 150, 151, 250, 399)
    for number in wrong:
        lines[number - 1] = lines[number - 1].replace(b'"schema":4', b'"schema":9')
    path.write_bytes(b"".join(lines)[:-20])  # the last is cut too
    cores(4)
    told, warnings = [], []

    found = records(path, warnings, lambda *how_far: told.append(how_far))

    assert len(found) == len(lines) - len(wrong) - 1
    assert [w.partition("line ")[2].split()[0] for w in warnings[:-1]] == list(map(str, wrong))
    assert "6 lines in all" in warnings[-1]
    assert max(done for _, done, _ in told) >= path.stat().st_size
    cores(1)
    alone: list[str] = []
    assert records(path, alone) == found
    assert alone == warnings


def test_readings_that_are_whole_survive_the_way_from_another_process(record, cores, tmp_path):
    reading = Reading(
        (3, 2.5), "J", "lower", "measured", {"a": 1}, ("warm",), {"image/0": "data:,"}
    )
    plain = replace(reading, terms={}, pictures={}, samples=(0.5, 0.25), notes=())
    made = [
        replace(record(side=side), round=n, readings={"energy": reading, "x": plain}, seed=-n)
        for n, side in enumerate((16, 32, 64, 16, 32))
    ]
    path = tmp_path / "records.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(r) + b"\n" for r in made))
    cores(5)

    assert records(path, warnings := []) == made
    assert warnings == []


@pytest.mark.parametrize("another", ["raise SystemExit(1)", "print('nonsense')", ""])
def test_what_another_process_cannot_read_is_read_here(folder, cores, monkeypatch, another):
    monkeypatch.setattr(files, "_ANOTHER", another)
    cores(3)

    assert records(folder / "records.jsonl", []) == plainly(folder / "records.jsonl")


@pytest.mark.parametrize("python", ["/nowhere/python", "", None])
def test_no_process_can_be_begun(folder, cores, monkeypatch, python):
    monkeypatch.setattr(files.sys, "executable", python)
    cores(3)

    assert records(folder / "records.jsonl", []) == plainly(folder / "records.jsonl")


def test_a_seed_of_more_than_64_bits_is_kept(record, cores, tmp_path):
    made = [replace(record(), round=n, seed=2**70 + n) for n in range(4)]
    path = tmp_path / "records.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(r) + b"\n" for r in made))
    cores(2)

    assert records(path, []) == made


def test_the_last_part_reads_what_is_written_meanwhile(folder, cores):
    cores(3)

    ranges = files._ranges(folder / "records.jsonl")

    assert [r.end for r in ranges[:-1]] == [r.begin for r in ranges[1:]]
    assert ranges[-1].end is None


@pytest.mark.parametrize("text", [b"", b"x" * 1000, b"\n" * 50, b"x\n" + b"y" * 500])
def test_a_file_of_few_or_no_lines_is_cut_where_lines_end(cores, tmp_path, text):
    path = tmp_path / "records.jsonl"
    path.write_bytes(text)
    cores(4)

    ranges = files._ranges(path)

    assert ranges[0].begin == 0
    assert all(text[: r.begin].endswith(b"\n") or r.begin in (0, len(text)) for r in ranges)
    assert len(records(path, [])) == 0


def test_a_file_that_is_not_there_has_no_records(tmp_path):
    assert len(records(Path(tmp_path / "none"), [])) == 0


def test_a_small_file_is_read_by_this_process_alone(folder, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))

    assert files._ranges(folder / "records.jsonl") == [Range(0, None)]


def test_a_system_that_tells_no_cores_of_a_process_has_those_of_the_machine(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 3)

    assert files._cores() == 3


def test_a_link_is_refused_also_where_it_is_large(folder, cores, tmp_path):
    link = tmp_path / "records.jsonl"
    link.symlink_to(folder / "records.jsonl")
    cores(3)

    with pytest.raises(StoreError, match="a link"):
        records(link, [])
