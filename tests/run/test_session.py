from itertools import chain, product

import pytest

from attnbench.errors import DeviceError, SuiteError
from attnbench.record import Record
from attnbench.run.session import Session, check_heads, resolve_device, reusable, shares, work
from attnbench.source import source
from attnbench.store import RunInfo, RunWriter, read_run
from attnbench.suite_file import parse_suite
from attnbench.trial import Limits
from tests.replacing import replace

SUITE = """
title = "t"
question = "q"
heads = ["ema", "gc"]
[[sweep]]
device = "meta"
metrics = ["counted"]
channels = 16
size = [8, 16]
[[sweep]]
metrics = ["latency", "memory"]
channels = 16
size = [8, 16, 32, 64]
[budget]
rounds = 3
[[skip]]
head = "gc"
device = "cpu"
above = 32
reason = "because"
"""


class Quiet:
    def begins(self, task):
        pass

    def ended(self, record):
        pass


@pytest.fixture
def suite():
    return parse_suite(SUITE, "made", "made.toml")


@pytest.fixture
def folder(tmp_path):
    info = RunInfo("made", "", "0", seed=1, device="cpu", threads=1)
    writer = RunWriter.create(tmp_path, info, SUITE)
    yield writer
    writer.close()


def did(task, status="ok"):
    from attnbench import heads

    trial = task.trial
    return Record(trial, trial.key, task.round, status, "here", heads.source(trial.head))


def executor(fails=None, stop_after=None):
    """Ends each task with ok, or as `fails` says by (head, side); stops like a killed run."""

    def execute(shares):
        for number, task in enumerate(chain.from_iterable(shares)):
            if number == stop_after:
                raise KeyboardInterrupt
            where = (task.trial.head, task.trial.shape.height)
            yield did(task, (fails or {}).get(where, "ok"))

    return execute


def identities(run):
    return sorted((r.key, r.round, r.status, r.message) for r in run.records)


def test_counts_are_taken_once_and_measurements_in_every_round(suite):
    planned = work(suite, "cpu", seed=1)

    assert len(planned.counted) == 2 * 2
    assert len(planned.timed) == 3 * 7
    assert len(planned.skipped) == 1


def test_a_metric_that_does_not_vary_is_measured_in_the_first_round(suite):
    metrics = {(t.round, t.metrics) for t in work(suite, "cpu", seed=1).timed}

    assert metrics == {(0, ("latency", "memory")), (1, ("latency",)), (2, ("latency",))}


def test_the_seed_alone_decides_the_order(suite):
    def order(seed):
        return [(t.trial.key, t.round) for t in work(suite, "cpu", seed).timed]

    assert order(1) == order(1) != order(2)
    assert sorted(order(1)) == sorted(order(2))


def test_each_round_has_an_order_of_its_own(suite):
    timed = work(suite, "cpu", seed=1).timed
    orders = [[t.trial.key for t in timed if t.round == n] for n in range(3)]

    assert orders[0] != orders[1]
    assert [t.round for t in timed] == sorted(t.round for t in timed)


def test_every_trial_and_round_has_one_record(suite, folder):
    planned = work(suite, "cpu", seed=1)

    Session(planned, folder, "here", Quiet()).run(executor())

    run = read_run(folder.path)
    assert len(run.records) == len(planned) == len({(r.key, r.round) for r in run.records})


def test_larger_maps_of_a_line_are_skipped_after_one_ran_out_of_memory(suite, folder):
    planned = work(suite, "cpu", seed=1)
    Session(planned, folder, "here", Quiet()).run(executor({("ema", 32): "oom"}))

    records = [r for r in read_run(folder.path).records if r.trial.head == "ema"]
    later = [r for r in records if r.trial.shape.height == 64 and r.round > 0]

    assert {(r.status, r.message) for r in later} == {
        ("skipped", "larger than 32x32, which ended with oom")
    }
    assert {r.status for r in records if r.trial.shape.height < 32} == {"ok"}


def test_an_error_is_not_repeated_in_every_round(suite, folder):
    planned = work(suite, "cpu", seed=1)
    Session(planned, folder, "here", Quiet()).run(executor({("gc", 8): "error"}))

    records = [
        r.status
        for r in read_run(folder.path).records
        if r.trial.head == "gc" and r.trial.shape.height == 8 and r.trial.device == "cpu"
    ]

    assert records == ["error", "skipped", "skipped"]


def test_a_training_that_came_to_nothing_is_tried_with_other_seeds(folder):
    text = SUITE.replace('["latency", "memory"]', '["accuracy"]\nmode = "training"')
    planned = work(parse_suite(text + "[training]\n", "made", "made.toml"), "cpu", seed=1)
    Session(planned, folder, "here", Quiet()).run(executor({("gc", 8): "error"}))

    trained = [r for r in read_run(folder.path).records if r.trial.mode == "training"]
    failed = [r.round for r in trained if r.status == "error"]

    assert sorted(failed) == [0, 1, 2]


@pytest.mark.parametrize("stop_after", [0, 1, 4, 9])
def test_a_run_that_is_stopped_and_resumed_has_the_records_of_an_undisturbed_one(
    suite, tmp_path, stop_after
):
    planned = work(suite, "cpu", seed=1)
    info = RunInfo("made", "", "0", seed=1, device="cpu", threads=1)
    fails = {("ema", 32): "oom", ("gc", 16): "error"}

    whole = RunWriter.create(tmp_path / "whole", info, SUITE)
    Session(planned, whole, "here", Quiet()).run(executor(fails))
    whole.close()
    halves = RunWriter.create(tmp_path / "halves", info, SUITE)
    with pytest.raises(KeyboardInterrupt):
        Session(planned, halves, "here", Quiet()).run(executor(fails, stop_after))
    halves.close()
    kept = reusable(read_run(halves.path).records, ["here"]).records
    again = RunWriter(halves.path)
    session = Session(planned, again, "here", Quiet(), frozenset((r.key, r.round) for r in kept))
    for record in kept:
        session.seen(record)
    session.run(executor(fails))
    again.close()

    assert identities(read_run(halves.path)) == identities(read_run(whole.path))


def test_a_record_of_another_machine_or_of_other_code_is_not_reused(suite):
    record = did(work(suite, "cpu", seed=1).counted[0])
    changed = replace(record, source="old")

    assert reusable([record], ["here"]).records == (record,)
    assert reusable([record], ["elsewhere"]).records == ()
    assert reusable([record], ["elsewhere"]).other_environment == (record,)
    assert reusable([changed], ["here"]).records == ()
    assert reusable([changed], ["here"]).other_code == (changed,)


def test_a_record_of_a_training_by_the_code_as_it_is_counts(suite):
    record = did(work(suite, "cpu", seed=1).counted[0])
    trial = record.trial
    trained = replace(record, source=source(trial.head, trial.part, trained=True))

    assert trained.source != record.source
    assert reusable([trained], ["here"]).records == (trained,)


def test_a_training_that_its_worker_skipped_is_tried_again_when_its_data_may_be_there(suite):
    skipped = replace(did(work(suite, "cpu", seed=1).timed[0], "skipped"), message="no such data")
    trial = skipped.trial
    by_worker = replace(skipped, source=source(trial.head, trial.part, trained=True))

    assert reusable([by_worker], ["here"]).to_retry == (by_worker,)
    assert reusable([by_worker], ["here"]).records == ()
    assert reusable([skipped], ["here"]).to_retry == ()  # skipped by the session, for a larger map


def test_the_newest_record_of_a_trial_and_round_is_the_one_that_counts(suite):
    task = work(suite, "cpu", seed=1).timed[0]
    records = [did(task, "oom"), did(task, "ok")]

    assert [r.status for r in reusable(records, ["here"]).records] == ["ok"]


def test_what_failed_is_tried_again_when_asked_for_with_all_that_was_skipped_for_it(suite, folder):
    planned = work(suite, "cpu", seed=1)
    Session(planned, folder, "here", Quiet()).run(executor({("ema", 32): "oom"}))
    records = read_run(folder.path).records
    by_suite = {p.trial.key for p in planned.skipped}

    kept = reusable(records, ["here"], retry=True, planned=by_suite)

    assert reusable(records, ["here"], planned=by_suite).to_retry == ()
    assert {(r.trial.head, r.status) for r in kept.to_retry} == {("ema", "oom"), ("ema", "skipped")}
    assert {r.status for r in kept.records if r.trial.head == "ema"} == {"ok"}
    assert [r.message for r in kept.records if r.status == "skipped"] == ["because"]

    done = frozenset((r.key, r.round) for r in kept.records)
    Session(planned, folder, "here", Quiet(), done).run(executor())

    newest = {(r.key, r.round): r.status for r in read_run(folder.path).records}
    assert sorted(newest.values()) == ["ok"] * (len(planned) - 1) + ["skipped"]


def test_with_several_devices_one_does_all_rounds_of_what_is_compared():
    both = SUITE.replace(
        "channels = 16\nsize = [8, 16, 32, 64]", "channels = [16, 24]\nsize = [8, 16]"
    )
    timed = work(parse_suite(both, "made", "made.toml"), "cpu", seed=1).timed

    parts = shares(timed, slots=2)

    assert [{t.trial.shape.channels for t in part} for part in parts] in (
        [{16}, {24}],
        [{24}, {16}],
    )
    assert {(t.trial.head, t.trial.shape.height, t.round) for t in parts[0]} == set(
        product(("ema", "gc"), (8, 16), range(3))
    )
    assert all([t.round for t in p] == sorted(t.round for t in p) for p in parts)
    assert shares(timed, slots=1) == [timed]


@pytest.mark.parametrize(
    ("asked", "present", "device"),
    [
        ("auto", ["cpu"], ("cpu", ())),
        ("auto", ["cpu", "cuda:0"], ("cuda", ("0",))),
        ("cuda", ["cpu", "cuda:0", "cuda:1"], ("cuda", ("0",))),
        ("cuda:1", ["cpu", "cuda:0", "cuda:1"], ("cuda", ("1",))),
        ("cuda:all", ["cpu", "cuda:0", "cuda:1"], ("cuda", ("0", "1"))),
        ("cpu", ["cpu", "cuda:0"], ("cpu", ())),
    ],
)
def test_a_device_is_found(asked, present, device):
    assert resolve_device(asked, present) == device


@pytest.mark.parametrize("asked", ["cuda", "cuda:7", "cuda:all", "tpu"])
def test_a_device_that_is_not_there_is_told_with_those_that_are(asked):
    with pytest.raises(DeviceError, match=f"device '{asked}' is not there; this machine has: cpu"):
        resolve_device(asked, ["cpu"])


def test_the_limits_of_a_suite_hold_when_its_heads_are_built(suite):
    limits = []

    def execute(tasks):
        limits.extend(t.limits for t in tasks)
        return []

    check_heads(replace(suite, limits=Limits(seconds=7)), execute)

    assert set(limits) == {Limits(seconds=7)}


def test_a_head_that_cannot_be_built_is_told_before_the_run(suite):
    def execute(tasks):
        for task in tasks:
            yield Record(task.trial, task.trial.key, 0, "error", message="bases = 0: above 0")

    with pytest.raises(SuiteError, match="suite made: ema: bases = 0: above 0"):
        check_heads(suite, execute)
