import pytest

from attnbench.machines import CHANGES_TIMES, apart, machine
from attnbench.record import Environment, Gpu
from tests.replacing import replace


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


HERE = Environment(
    id="a", attnbench="1", python="3.11", torch="2.13", numpy="2", fvcore="0", cuda="", driver="",
    os="Linux 6.1", cpu="A processor", cores=2, memory_bytes=16, threads=1,
)  # fmt: skip


def test_a_machine_is_the_same_for_every_commit_and_kernel():
    later = replace(HERE, id="b", attnbench="2", commit="c0ffee", dirty=True, os="Linux 6.2")

    assert machine(later) == machine(HERE)


@pytest.mark.parametrize("field", CHANGES_TIMES)
def test_a_machine_is_another_where_times_may_be_others(field):
    others = {"gpus": (Gpu("H200", "uuid"),), "flags": {"sdpa": "math"}, "quota_cores": 1.5}
    value = others.get(field, 3 if isinstance(getattr(HERE, field), int) else "other")

    assert machine(replace(HERE, **{field: value})) != machine(HERE)


def test_two_cards_of_one_model_are_two_machines():
    one, other = (replace(HERE, gpus=(Gpu("H200", uuid),)) for uuid in "ab")

    assert machine(one) != machine(other)
