"""Several slots at once, with workers that need no torch."""

import importlib
import sys
import threading
import time
from collections import Counter
from functools import partial

import pytest

from attnbench.errors import AttnbenchError, DeviceError
from attnbench.record import Record
from attnbench.run import executors, places
from attnbench.run.executors import LostError, WorkerSlot, spread
from attnbench.run.isolate import Worker
from attnbench.stopwatch import Stopwatch
from attnbench.trial import Settings, Shape, Task, Trial

FAKE = "tests.run.fake_worker"


def task(do="", number=0, side=4):
    trial = Trial("ema", Shape(1, 8, side, side), {"do": do} if do else {})
    return Task(trial, ("pid",), number)


@pytest.fixture
def slots(tmp_path, monkeypatch):
    """A function that makes slots, one for each of these GPUs, or that many on the CPU."""
    monkeypatch.setenv("FAKE_CARD", "")

    def made(*gpus, number=0):
        start = partial(Worker, tmp_path / "log", module=FAKE)
        return [WorkerSlot(partial(start, gpu=g)) for g in gpus or (None,) * number]

    return made


def pids(records):
    return {r.readings["pid"].samples for r in records}


def test_tasks_of_their_own_are_done_by_all_slots_at_once(slots):
    shares = [[task("sleep 0.5", side=side)] for side in range(1, 5)]
    begin = time.monotonic()

    records = list(spread(shares, slots(number=4)))

    assert time.monotonic() - begin < 4 * 0.5 + 1  # four processes of Python start as well
    assert len(pids(records)) == 4
    assert len({r.key for r in records}) == 4


def test_a_share_is_done_by_one_slot_with_its_device_and_in_order(slots):
    shares = [[task(number=n, side=side) for n in range(3)] for side in range(1, 6)]

    records = list(spread(shares, slots("0", "1")))

    assert len(records) == 15
    for side in range(1, 6):
        mine = [r for r in records if r.trial.shape.height == side]
        assert [r.round for r in mine] == [0, 1, 2]
        assert len({r.environment for r in mine}) == 1
        assert len(pids(mine)) == 3  # a round is a fresh process
    assert {r.environment for r in records} == {"fake0", "fake1"}


def test_a_crash_in_one_slot_costs_one_record_and_the_others_go_on(slots):
    shares = [[task("sigkill")], *([task(side=side)] for side in range(1, 6))]

    records = list(spread(shares, slots(number=2)))

    assert Counter(r.status for r in records) == {"crashed": 1, "ok": 5}


def test_a_task_is_asked_for_only_when_a_slot_is_free(slots):
    asked, had = [], []

    def share(side):
        asked.append(side)
        yield task(side=side)

    for record in spread((share(side) for side in range(1, 8)), slots(number=2)):
        had.append(record)
        assert len(asked) <= len(had) + 1 + 2  # what has come, what may have, what is being done
    assert asked == list(range(1, 8))


def test_slots_that_are_left_early_leave_no_process_and_no_thread(slots):
    mine = slots(number=2)
    records = spread([[task("sleep 60", side=1)], [task(side=2), task(side=3)]], mine)
    next(records)
    begin = time.monotonic()

    records.close()

    assert time.monotonic() - begin < 10
    assert not [t for t in threading.enumerate() if t.name.startswith("slot")]
    assert all(slot._worker is None for slot in mine)


class Frail:
    """A slot that is lost with its first tasks, and comes back so often."""

    def __init__(self, loses=0, returns=0):
        self.loses, self.returns = loses, returns
        self.spent = Stopwatch()

    def begin(self):
        self.returns -= 1
        if self.returns < -1:
            raise LostError("gone")

    def do(self, task):
        self.loses -= 1
        if self.loses >= 0:
            raise LostError("its node died")
        return Record(task.trial, task.trial.key, task.round, "ok")

    def abort(self):
        pass

    def stop(self):
        pass


def test_a_task_that_is_lost_with_its_slot_is_done_by_another_with_the_rest_of_its_share():
    shares = [[task(number=n, side=side) for n in range(3)] for side in range(1, 4)]

    records = list(spread(shares, [Frail(loses=1), Frail()]))

    assert Counter((r.trial.shape.height, r.round) for r in records) == Counter(
        (side, n) for side in range(1, 4) for n in range(3)
    )
    assert {r.status for r in records} == {"ok"}


def test_a_task_that_is_lost_twice_is_a_crash():
    (record,) = spread([[task()]], [Frail(loses=2, returns=9)])

    assert (record.status, record.message) == ("crashed", "lost twice: its node died")


def test_a_run_without_any_slot_left_ends_with_what_to_do(monkeypatch):
    monkeypatch.setattr(executors, "PLACE_SECONDS", 0.1)

    with pytest.raises(DeviceError, match="no place is left .* --resume goes on later"):
        list(spread([[task()]], [Frail(loses=9)]))


class Timed:
    """A worker that follows a script: it starts in 1.5 s, ends in 0.25 s, and a task takes 4 s."""

    def __init__(self, clock, spent):
        self._clock, self.spent = clock, spent
        clock.append(clock[-1] + 1.5)

    def do(self, task):
        self._clock.append(self._clock[-1] + 4.0)
        return Record(task.trial, task.trial.key, task.round, "ok")

    def stop(self):
        self._clock.append(self._clock[-1] + 0.25)


def scripted(spent):
    clock = [0.0]
    slot = WorkerSlot(lambda: Timed(clock, spent))
    slot.spent = Stopwatch(lambda: clock[-1])
    return slot


def test_a_slot_tells_what_the_time_of_its_workers_went_into():
    slot, told = scripted({"measuring windows": 2.0, "warm-up": 0.5}), Counter()
    tasks = [task(number=n, side=side) for n in range(2) for side in range(1, 4)]

    assert len(list(spread([tasks], [slot], spent=told.update))) == 6

    assert told == {
        "measuring windows": 6 * 2.0,
        "warm-up": 6 * 0.5,
        "starting workers": 2 * (1.5 + 0.25),  # a worker a round
        "passing tasks and records": 6 * (4.0 - 2.0 - 0.5),
    }


def test_the_seconds_of_one_of_several_slots_are_a_part_of_those_of_the_run():
    told = Counter()
    mine = [scripted({"measuring windows": 3.0}) for _ in range(2)]
    mine[0].spent.seconds["starting workers"] = 99.0  # before the run, where another counted it

    list(spread([[task(side=1)], [task(side=2)]], mine, spent=told.update))

    assert told["measuring windows"] == 2 * 3.0 / 2
    assert told["passing tasks and records"] == 2 * (4.0 - 3.0) / 2
    assert told["starting workers"] in (1.75 / 2, 2 * 1.75 / 2)  # one did both tasks, or each one


def test_a_task_without_an_answer_is_told_apart(slots):
    told = Counter()
    (slot,) = slots(number=1)

    _, failed = spread([[task("sleep 0.2"), task("ends")]], [slot], spent=told.update)

    assert told["tasks without an answer"] == pytest.approx(failed.seconds, abs=1e-6)
    assert told["passing tasks and records"] > 0.2  # this worker does not say what it did


def test_without_ray_one_line_tells_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "attnbench.run.ray", raising=False)

    with pytest.raises(AttnbenchError, match=r"install it with: pip install 'attnbench\[ray\]'"):
        importlib.import_module("attnbench.run.ray")


@pytest.mark.parametrize(("visible", "names"), [("", ("0", "1")), ("5,7", ("5", "7"))])
def test_every_gpu_has_a_slot_that_sees_it_alone(tmp_path, monkeypatch, visible, names):
    monkeypatch.setenv("FAKE_CARD", "")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.setattr(places, "Worker", partial(Worker, module=FAKE))

    here = places.Here(tmp_path / "log", Settings(), ("0", "1"), jobs=3, hello=None)

    assert [h.environment.id for h in here.hellos] == [f"fake{name}" for name in names]
    assert (len(here.timers), len(here.counters)) == (2, 3)
