from dataclasses import replace

from attnbench.machines import apart


def test_what_two_machines_measured_is_told_apart_by_device(record):
    here = record(metric="latency", value=1.0, device="cuda")
    there = replace(record(metric="latency", value=2.0, device="cuda"), environment="feedbeef00")
    counted = record(device="meta")

    found = apart([replace(here, environment="c0ffee0000"), there, counted])

    assert [r.trial.device for r in found] == ["cuda:c0ffee00", "cuda:feedbeef", "meta"]
    assert [r.readings["latency"].samples for r in found[:2]] == [(1.0,), (2.0,)]
    assert all(r.key == r.trial.key for r in found)


def test_trials_that_one_machine_each_measured_keep_their_device(record):
    one = replace(record(side=16, metric="latency", device="cuda"), environment="a")
    other = replace(record(side=32, metric="latency", device="cuda"), environment="b")

    assert apart([one, other]) == [one, other]


def test_the_last_record_of_a_machine_counts(record):
    first = record(metric="latency", value=1.0, device="cpu")
    again = record(metric="latency", value=2.0, device="cpu")

    assert apart([first, again]) == [again]
