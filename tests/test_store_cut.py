import os

import pytest

from attnbench.store import RunInfo, RunWriter, read_run

INFO = RunInfo("suite", "2026-01-01T00:00:00+00:00", "0", seed=1, device="cpu", threads=1)
SIDES = (16, 32, 64, 96)


@pytest.fixture
def records(tmp_path, record):
    """The records file of a run with one record a side."""
    writer = RunWriter.create(tmp_path, INFO, 'title = "t"')
    for side in SIDES:
        writer.append(record(side=side))
    writer.close()
    return writer.path / "records.jsonl"


def test_records_cut_at_any_byte_of_the_last_two_lines_are_read_and_continued(records, record):
    text, told = records.read_bytes(), [record(side=s) for s in SIDES]
    ends = [i + 1 for i, byte in enumerate(text) if byte == ord("\n")]  # of the lines
    for cut in range(ends[1], len(text) + 1):
        records.write_bytes(text[:cut])
        # A record is whole when its last bracket is there; the end of the line may be missing.
        whole = sum(end - 1 <= cut for end in ends)
        begun = cut > ends[whole - 1]
        run = read_run(records.parent)

        assert list(run.records) == told[:whole]
        assert len(run.warnings) == begun
        assert all(f"line {whole + 1} is cut in the middle" in w for w in run.warnings)

        writer = RunWriter(records.parent)
        writer.append(record(side=128))
        writer.close()

        assert list(read_run(records.parent).records) == [*told[:whole], record(side=128)]
        lines = records.read_bytes().splitlines(keepends=True)
        assert lines[:whole] == text.splitlines(keepends=True)[:whole]


def test_a_write_that_takes_only_a_part_is_gone_on_with(records, record, monkeypatch):
    whole, write = records.read_bytes(), os.write
    # Seven bytes at a time, as a disk may that fills up.
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:7]))

    writer = RunWriter(records.parent)
    writer.append(record(side=16))
    writer.close()

    assert records.read_bytes() == whole + whole.splitlines(keepends=True)[0]
