import time
from pathlib import Path

import pytest

from attnbench.errors import AttnbenchError
from attnbench.run.executors import local
from attnbench.run.isolate import Worker
from attnbench.trial import Limits, Shape, Task, Trial

FAKE = "tests.run.fake_worker"


def task(do="", number=0, seconds=30.0):
    trial = Trial("ema", Shape(1, 8, 4, 4), {"do": do} if do else {})
    return Task(trial, ("pid",), number, limits=Limits(seconds=seconds))


@pytest.fixture
def start(tmp_path):
    """Starts fake workers and ends those that are left."""
    workers = []

    def started():
        workers.append(Worker(tmp_path / "log", module=FAKE))
        return workers[-1]

    yield started
    for worker in workers:
        worker.stop()


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_worker_does_several_tasks_in_one_process(start):
    worker = start()

    pids = {worker.do(task()).readings["pid"].samples for _ in range(3)}

    assert pids == {(float(worker.pid),)}


@pytest.mark.parametrize(
    ("do", "status", "message"),
    [
        ("die", "crashed", "killed by SIGKILL"),
        ("exit", "crashed", "ended with exit code 3; it said: Traceback: it had enough"),
        ("garbage", "crashed", "the worker answered with something that is no record"),
        ("hang", "timeout", "no answer within 0.3 s"),
    ],
)
def test_any_end_of_a_worker_becomes_a_record(start, do, status, message):
    record = start().do(task(do, seconds=0.3 if do == "hang" else 30))

    assert (record.status, record.message) == (status, message)
    assert (record.key, record.environment) == (task(do).trial.key, "fake")


def test_what_a_head_prints_does_not_get_between(start):
    assert start().do(task("print")).status == "ok"


def test_a_time_out_leaves_no_process_behind(start):
    worker = start()
    begin = time.monotonic()
    while not (children := Path(f"/proc/{worker.pid}/task/{worker.pid}/children")).exists():
        assert time.monotonic() - begin < 10

    worker.do(task("child", seconds=0.5))

    assert not alive(worker.pid)
    assert not children.exists()
    end = time.monotonic() + 10  # the kernel takes a moment to end what was killed
    while left := [p for p in _processes() if _group(p) == worker.pid and alive(p)]:
        assert time.monotonic() < end, left


def _processes():
    return [p.name for p in Path("/proc").iterdir() if p.name.isdigit()]


def _group(pid):
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[2])
    except (FileNotFoundError, ProcessLookupError):
        return -1


def test_a_worker_that_does_not_come_up_is_told(tmp_path):
    with pytest.raises(AttnbenchError, match="did not start .*No module named"):
        Worker(tmp_path / "log", module="tests.run.no_such_module")


def test_after_a_crash_the_next_task_has_a_fresh_worker(start):
    tasks = [task(), task("die"), task()]

    first, crashed, last = local(tasks, start)

    assert (first.status, crashed.status, last.status) == ("ok", "crashed", "ok")
    assert first.readings["pid"] != last.readings["pid"]


def test_every_round_is_a_fresh_process(start):
    tasks = [task(number=0), task(number=0), task(number=1)]

    one, two, three = (r.readings["pid"].samples for r in local(tasks, start))

    assert one == two != three


def test_a_task_is_asked_for_only_when_it_can_be_done(start):
    asked = []

    def tasks():
        for number in range(3):
            asked.append(number)
            yield task()

    for done, _ in enumerate(local(tasks(), start)):
        assert asked == list(range(done + 1))
