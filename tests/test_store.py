import errno
import os
import resource
import shutil
import tempfile
import threading
import tracemalloc
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

import msgspec
import pytest

from attnbench import plain_files
from attnbench.errors import StoreError
from attnbench.frame import frame
from attnbench.record import SCHEMA
from attnbench.report import render
from attnbench.run_folders import find_run, newest_run, runs_in
from attnbench.store import RunInfo, RunWriter, read_run
from attnbench.trial import Shape, Trial
from tests.replacing import replace

DATA = Path(__file__).parent / "data"
FORMATS = sorted(DATA.glob("format-*"))

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


def test_runs_at_once_in_one_results_folder_do_not_mix(tmp_path, record):
    begin = threading.Barrier(4)

    def run(side):
        begin.wait()
        writer = RunWriter.create(tmp_path, INFO, "")
        for number in range(50):
            writer.append(record(side=side, number=number))
        writer.close()

    threads = [threading.Thread(target=run, args=(side,)) for side in (8, 16, 32, 64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = [read_run(path) for path in runs_in(tmp_path)]
    assert sorted(sides(run) for run in found) == [[side] * 50 for side in (8, 16, 32, 64)]
    assert all([r.round for r in run.records] == list(range(50)) for run in found)


def test_every_format_there_was_has_a_run_in_the_tests():
    assert [p.name for p in FORMATS] == [f"format-{n}" for n in range(1, SCHEMA + 1)]


@pytest.mark.parametrize("path", FORMATS, ids=lambda p: p.name)
def test_a_run_of_any_format_is_read_whole(path):
    run = read_run(next(path.iterdir()))

    assert run.warnings == ()
    assert run.info.schema == int(path.name.removeprefix("format-"))
    assert [(r.trial.head, r.trial.device, r.round) for r in run.records[:2]] == [
        ("fcn", "meta", 0),
        ("ema", "meta", 0),
    ]
    assert len(run.records) == 2 + 2 * 2  # counts, then two heads in two rounds
    assert {r.environment for r in run.records} == run.environments.keys()
    # Without a bias: a 3x3 convolution has 9·C² weights, a norm has 2·C.
    assert run.records[0].readings["params"].samples == (9 * 16**2 + 2 * 16,)
    assert "A tiny run" in render(run)


@pytest.mark.parametrize("path", FORMATS, ids=lambda p: p.name)
def test_a_trial_has_the_key_that_it_has_always_had(path):
    lines = (next(path.iterdir()) / "records.jsonl").read_text().splitlines()

    assert {key for line in lines for key in [msgspec.json.decode(line)["key"]]} == {
        Trial(head, Shape(1, 16, 4, 4), device=device).key
        for head in ("fcn", "ema")
        for device in ("meta", "cpu")
    }


def test_a_record_of_a_network_is_read_back(tmp_path, record):
    network = Trial("se", Shape(2, 3, 64, 64), part="network", backbone="resnet50")
    told = replace(record(), trial=network, key=network.key)
    writer = RunWriter.create(tmp_path, INFO, "")
    writer.append(told)
    writer.close()

    (run,) = map(read_run, runs_in(tmp_path))

    assert (run.warnings, run.records) == ((), (told,))


def test_what_the_first_format_lacks_is_not_told_or_as_it_was_then():
    run = read_run(next((DATA / "format-1").iterdir()))
    (here,) = run.environments.values()

    assert (run.info.sdpa, run.info.cudnn_benchmark, run.conditions) == ("auto", False, ())
    assert (here.governor, here.turbo, here.quota_cores) == ("", "", 0.0)
    assert {r.run for r in run.records} == {""}


def test_a_run_of_an_older_format_is_not_resumed(tmp_path):
    old = shutil.copytree(next((DATA / "format-1").iterdir()), tmp_path / "old")

    with pytest.raises(
        StoreError, match=f"format 1, and this attnbench writes {SCHEMA}; .* begin a new run"
    ):
        RunWriter(old)
    assert len(read_run(old).records) == 6


@pytest.mark.parametrize("more", [{}, {"seed": None, "threads": "many"}])
def test_a_newer_format_is_refused_with_what_to_do(folder, more):
    newer = msgspec.to_builtins(INFO) | {"schema": 99} | more
    (folder / "run.json").write_bytes(msgspec.json.encode(newer))

    with pytest.raises(StoreError, match=f"format 99, newer than {SCHEMA}; upgrade attnbench"):
        read_run(folder)


@pytest.mark.parametrize("status", ["ok", "sublime"])  # also one that only the newer format has
def test_a_record_of_a_newer_format_is_left_out_with_what_to_do(folder, record, status):
    newer = msgspec.to_builtins(record(side=96)) | {"schema": SCHEMA + 1, "status": status}
    with (folder / "records.jsonl").open("ab") as stream:
        stream.write(msgspec.json.encode(newer) + b"\n")

    run = read_run(folder)

    assert sides(run) == [16, 32, 64]
    assert (
        f"line 4 is of format {SCHEMA + 1}, newer than {SCHEMA}; upgrade attnbench"
        in run.warnings[0]
    )


def test_a_folder_that_cannot_be_written_is_told():
    parent = Path(tempfile.mkdtemp())
    parent.chmod(0o555)
    told = as_nobody(lambda: RunWriter.create(parent / "results", INFO, ""))
    parent.rmdir()

    assert told.startswith(f"{parent / 'results'}: cannot write results (Permission denied); ")


def test_a_run_that_may_be_read_alone_is_told_when_it_is_resumed(folder):
    for path in (folder / "records.jsonl", folder):
        path.chmod(0o555)
    temporary = Path(tempfile.gettempdir())
    for parent in takewhile(lambda p: p != temporary, folder.parents):
        parent.chmod(parent.stat().st_mode | 0o055)

    assert "cannot write results (Permission denied)" in as_nobody(lambda: RunWriter(folder))
    assert sides(read_run(folder)) == [16, 32, 64]


def as_nobody(act):
    """What `act` says when it fails, in a child without the rights of root."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            act()
        except StoreError as error:
            os.write(tell, str(error).encode())
        finally:
            os._exit(0)
    os.close(tell)
    with os.fdopen(told) as stream:
        said = stream.read()
    os.waitpid(child, 0)
    return said


@contextmanager
def full_disk(records):
    """Files of this process cannot grow by more than 700 bytes: a record and a half.

    For no longer than needed: what pytest prints may go to a file as well.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (records.stat().st_size + 700, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_an_error_and_leaves_whole_records(folder, record):
    writer = RunWriter(folder)

    with full_disk(folder / "records.jsonl"):
        writer.append(record(side=96))
        with pytest.raises(StoreError, match=r"cannot write results \(File too large\); choose"):
            writer.append(record(side=128))
    writer.close()

    run = read_run(folder)
    assert sides(run) == [16, 32, 64, 96]
    assert run.warnings == ()


def test_a_device_without_space_is_an_error_that_closing_does_not_repeat(
    folder, record, monkeypatch
):
    writer = RunWriter(folder)

    def no_space(descriptor, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(plain_files.os, "write", no_space)
        with pytest.raises(StoreError, match="No space left on device"):
            writer.append(record(side=96))
    writer.close()


def test_a_folder_that_is_removed_under_the_run_is_told_at_the_next_record(folder, record):
    writer = RunWriter(folder)
    shutil.rmtree(folder)

    with pytest.raises(StoreError, match="the folder was removed while it was written"):
        writer.append(record(side=96))
    writer.close()


def test_a_folder_that_is_moved_under_the_run_keeps_its_records(folder, record):
    writer = RunWriter(folder)
    moved = folder.rename(folder.with_name("moved"))
    writer.append(record(side=96))
    writer.close()

    assert sides(read_run(moved)) == [16, 32, 64, 96]


@pytest.mark.parametrize(
    "bad", [b"\0" * 900, b"\xff\xfe" * 300, b"[" * 100_000, b"{}", b"null", b'"\\ud800"']
)
def test_a_line_of_anything_else_is_left_out_alone(folder, bad):
    path = folder / "records.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + bad + b"\n" + b"".join(lines[1:]))

    run = read_run(folder)

    assert sides(run) == [16, 32, 64]
    assert run.warnings == (
        f"{path}: line 2 is not a whole record; it is left out, the others are kept",
    )


def test_a_byte_that_is_flipped_costs_one_record_at_most(folder):
    path = folder / "records.jsonl"
    whole, good = path.read_bytes(), set(map(msgspec.json.encode, read_run(folder).records))
    for at in range(0, len(whole), 5):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        run = read_run(folder)

        known = [r for r in run.records if msgspec.json.encode(r) in good]
        assert len(known) >= 2 - (whole[at] == ord("\n"))
        assert all(r.key == r.trial.key for r in run.records)


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"key": "0" * 16}, "has a key that is not its trial's"),
        ({"round": -1}, "has a round or a duration that cannot be"),
        ({"seconds": -1.0}, "has a round or a duration that cannot be"),
        ({"started": "yesterday"}, "has a start that is no time"),
        ({"started": "2026-01-01T00:00:00"}, "has a start that is no time"),
        ({"environment": "\x1b[2J"}, "has a name that cannot be printed"),
        ({"unmeasured": {"\u202e": ""}}, "has a name that cannot be printed"),
        ({"schema": 0}, "is of no known format"),
    ],
)
def test_a_record_that_makes_no_sense_is_left_out_with_the_reason(folder, record, wrong, fault):
    bad = msgspec.to_builtins(record(side=96)) | wrong
    with (folder / "records.jsonl").open("ab") as stream:
        stream.write(msgspec.json.encode(bad) + b"\n")

    run = read_run(folder)

    assert sides(run) == [16, 32, 64]
    assert f"line 4 {fault}; it is left out" in run.warnings[0]


@pytest.mark.parametrize(
    ("samples", "fault"),
    [
        ((), "has a reading without a sample"),
        ((1e300,), "has a number that cannot be"),
        ((10**40,), "has a number that cannot be"),
        ((1.0, 0.0), "has a time that is not above zero"),
    ],
)
def test_a_reading_that_cannot_be_computed_with_is_left_out(folder, record, samples, fault):
    bad = record(side=96, metric="latency")
    bad = replace(bad, readings={"latency": replace(bad.readings["latency"], samples=samples)})
    with (folder / "records.jsonl").open("ab") as stream:
        stream.write(msgspec.json.encode(bad) + b"\n")

    assert f"line 4 {fault}" in read_run(folder).warnings[0]


def test_a_count_of_zero_that_has_parts_is_left_out(folder, record):
    bad = record(side=96)
    reading = replace(bad.readings["macs.counted"], samples=(0,), terms={"contraction": 1})
    with (folder / "records.jsonl").open("ab") as stream:
        line = msgspec.json.encode(replace(bad, readings={"macs.counted": reading}))
        stream.write(line + b"\n")

    assert "line 4 has a count of zero that has parts" in read_run(folder).warnings[0]


def test_many_bad_lines_are_counted_and_not_all_named(folder):
    with (folder / "records.jsonl").open("ab") as stream:
        stream.write(b"nothing\n" * 1000)

    run = read_run(folder)

    assert sides(run) == [16, 32, 64]
    assert len(run.warnings) == 6
    assert "1000 lines in all are left out" in run.warnings[-1]


def test_a_line_of_100_mb_is_passed_over_in_bounded_memory(folder):
    path = folder / "records.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    with path.open("wb") as stream:
        stream.write(lines[0])
        for _ in range(100):
            stream.write(b"x" * 10**6)
        stream.write(b"\n" + b"".join(lines[1:]))

    tracemalloc.start()
    run = read_run(folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert sides(run) == [16, 32, 64]
    assert "line 2 is longer than" in run.warnings[0]
    assert peak < 64 * 2**20


def test_of_records_of_one_trial_and_round_the_last_counts(folder, record):
    writer = RunWriter(folder)
    writer.append(record(side=16, value=7.0))
    writer.close()

    run = read_run(folder)

    assert sides(run) == [16, 32, 64, 16]
    assert list(frame(run)["value"]) == [7.0, 1.0, 1.0]


def test_a_suite_name_cannot_lead_out_of_the_results_folder(tmp_path):
    writer = RunWriter.create(tmp_path / "results", replace(INFO, suite="../../x y"), "")
    writer.close()

    assert writer.path.parent == tmp_path / "results"
    assert writer.path.name.endswith("-..-..-x-y")


def test_a_run_named_by_hand_is_not_taken_for_the_newest(folder):
    shutil.copytree(folder, folder.with_name("zebra"))

    assert newest_run(folder.parent) == folder


def test_a_run_is_found_by_name_or_path(folder):
    assert find_run(folder.name, folder.parent) == folder
    assert find_run(str(folder), Path("nowhere")) == folder


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
