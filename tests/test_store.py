import os

import msgspec
import pytest

from attnbench.errors import StoreError
from attnbench.store import RunInfo, RunWriter, newest_run, read_run

INFO = RunInfo("suite", "2026-01-01T00:00:00+00:00", "0", seed=1, device="cpu", threads=1)


@pytest.fixture
def folder(tmp_path, record):
    """A run folder with three records: sides 16, 32, 64."""
    writer = RunWriter.create(tmp_path, INFO, 'title = "t"')
    for side in (16, 32, 64):
        writer.append(record(side=side))
    writer.close()
    return writer.path


def sides(run):
    return [r.trial.shape.height for r in run.records]


def test_what_is_appended_is_read_back(folder, record):
    run = read_run(folder)

    assert run.records == tuple(record(side=s) for s in (16, 32, 64))
    assert (run.info, run.suite_text, run.warnings) == (INFO, 'title = "t"', ())


def test_records_cut_at_any_byte_of_the_last_line_lose_that_line_alone(folder):
    path = folder / "records.jsonl"
    whole = path.read_bytes()
    start = whole.rstrip(b"\n").rfind(b"\n") + 1
    for end in range(start + 1, len(whole) - 1):
        path.write_bytes(whole[:end])
        run = read_run(folder)

        assert sides(run) == [16, 32]
        assert run.warnings == (
            f"{path}: line 3 is cut in the middle; it is left out, the others are kept",
        )


def test_a_record_after_a_cut_line_starts_on_a_line_of_its_own(folder, record):
    path = folder / "records.jsonl"
    path.write_bytes(path.read_bytes()[:-20])

    writer = RunWriter(folder)
    writer.append(record(side=96))
    writer.close()

    assert sides(read_run(folder)) == [16, 32, 96]


def test_a_corrupted_line_in_the_middle_is_named(folder):
    path = folder / "records.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b'{"key": "\xff\n' + lines[2])

    run = read_run(folder)

    assert sides(run) == [16, 64]
    assert "line 2 is not a whole record" in run.warnings[0]


def test_two_writers_do_not_share_a_run(folder):
    first = RunWriter(folder)

    with pytest.raises(StoreError, match="another attnbench is writing this run"):
        RunWriter(folder)
    first.close()
    RunWriter(folder).close()


def test_two_runs_started_in_the_same_second_have_folders_of_their_own(tmp_path):
    writers = [RunWriter.create(tmp_path, INFO, "") for _ in range(3)]

    assert len({w.path for w in writers}) == 3
    for writer in writers:
        writer.close()


def test_a_newer_format_is_refused_with_what_to_do(folder):
    newer = msgspec.to_builtins(INFO) | {"schema": 99}
    (folder / "run.json").write_bytes(msgspec.json.encode(newer))

    with pytest.raises(StoreError, match="format 99, newer than 1; upgrade attnbench"):
        read_run(folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    tmp_path.chmod(0o500)

    with pytest.raises(StoreError, match="cannot write results"):
        RunWriter.create(tmp_path / "results", INFO, "")


def test_results_in_the_place_of_a_file_are_told(tmp_path):
    (tmp_path / "results").write_text("")

    with pytest.raises(StoreError, match="cannot write results .*choose another folder"):
        RunWriter.create(tmp_path / "results", INFO, "")


def test_no_run_to_report_on_says_how_to_make_one(tmp_path):
    with pytest.raises(StoreError, match="no run yet; make one with: attnbench run"):
        newest_run(tmp_path)


def test_a_folder_that_is_no_run_is_told(tmp_path):
    with pytest.raises(StoreError, match="not a run folder, it has no run.json"):
        read_run(tmp_path)
