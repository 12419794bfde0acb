import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from attnbench.errors import AttnbenchError
from attnbench.run import isolate, out_of_memory
from attnbench.run.executors import local
from attnbench.run.isolate import Worker
from attnbench.run.keeper import descendants
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

    assert pids == {tuple(map(float, descendants(worker.pid)))}


@pytest.mark.parametrize(
    ("do", "status", "message"),
    [
        ("sigkill", "crashed", "killed by SIGKILL"),
        ("sigsegv", "crashed", "killed by SIGSEGV"),
        ("group", "crashed", "killed by SIGKILL"),
        ("ends", "crashed", "ended with exit code 3; it said: it had enough"),
        ("bad_alloc", "oom", "killed by SIGABRT; it said: what():  std::bad_alloc"),
        ("garbage", "crashed", "the worker answered with something that is no record"),
        ("deep", "crashed", "the worker answered with something that is no record"),
        ("endless", "crashed", "the worker answered with a line without an end"),
        ("torn", "crashed", "ended with exit code 0"),
        ("other", "crashed", "the worker answered for another trial"),
        ("hangs", "timeout", "no answer within 0.3 s"),
        ("sigstop", "timeout", "no answer within 0.3 s"),
        ("thread_then_exits", "crashed", "the worker closed its pipe"),
    ],
)
def test_any_end_of_a_worker_becomes_a_record(start, monkeypatch, do, status, message):
    if do == "thread_then_exits":
        monkeypatch.setattr(isolate, "STOP_SECONDS", 0.2)
    record = start().do(task(do, seconds=0.3 if status == "timeout" else 30))

    assert (record.status, record.message) == (status, message)
    assert (record.key, record.environment) == (task(do).trial.key, "fake")


@pytest.mark.parametrize("do", ["prints", "fork", "child", "daemon", "thread"])
def test_what_a_head_prints_or_starts_does_not_get_between(start, do):
    worker = start()

    assert worker.do(task(do)).status == "ok"
    assert worker.do(task()).status == "ok"


def test_a_second_answer_is_not_taken_for_that_of_the_next_trial(start):
    worker = start()

    assert worker.do(task("twice")).status == "ok"
    record = worker.do(task())

    assert (record.status, record.message) == ("crashed", "the worker answered for another trial")
    assert record.key == task().trial.key


@pytest.mark.parametrize("do", ["child_then_hangs", "daemon_then_dies", "hangs", "sigstop"])
def test_whatever_a_failed_trial_started_ends_with_it(start, monkeypatch, tmp_path, do):
    monkeypatch.setenv("FAMILY", str(tmp_path))  # descendants inherit it
    worker = start()

    worker.do(task(do, seconds=0.5))

    assert not alive(worker.pid)
    assert _family(tmp_path) == []


def _family(mark):
    found = []
    for process in Path("/proc").iterdir():
        try:
            words = (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"FAMILY={mark}".encode() in words:
            found.append(process.name)
    return found


@pytest.mark.parametrize("do", ["fork", "child", "daemon", "thread"])
def test_whatever_a_good_trial_left_behind_ends_with_the_worker(start, do):
    worker = start()
    worker.do(task(do))
    family = descendants(worker.pid)
    assert len(family) == (1 if do == "thread" else 2)

    worker.stop()

    assert not any(map(alive, family))


def test_the_worker_ends_when_its_keeper_is_killed(start):
    worker = start()
    (child,) = descendants(worker.pid)

    os.kill(worker.pid, signal.SIGKILL)
    end = time.monotonic() + 10  # the kernel takes a moment to end what was killed
    while alive(child):
        assert time.monotonic() < end

    record = worker.do(task())
    assert (record.status, record.message) == ("crashed", "killed by SIGKILL")


def test_a_stopped_keeper_still_ends_its_worker(start):
    worker = start()
    (child,) = descendants(worker.pid)
    os.kill(worker.pid, signal.SIGSTOP)
    begin = time.monotonic()

    worker.stop()
    assert time.monotonic() - begin < isolate.STOP_SECONDS

    assert not alive(worker.pid)
    assert not alive(child)


RUN = """
import sys, time
from pathlib import Path
from attnbench.run.isolate import Worker
worker = Worker(Path(sys.argv[1]), module=sys.argv[2])
print(worker.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("stopped", [False, True], ids=["", "with the keeper stopped"])
def test_a_run_that_is_killed_leaves_no_process_behind(tmp_path, stopped):
    words = [sys.executable, "-c", RUN, str(tmp_path / "log"), FAKE]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as run:
        keeper = int(run.stdout.readline())
        (worker,) = descendants(keeper)
        if stopped:
            os.kill(keeper, signal.SIGSTOP)
        run.kill()

    end = time.monotonic() + 10  # the keeper, and the kernel, take a moment
    while alive(keeper) or alive(worker):
        assert time.monotonic() < end


def test_a_worker_that_the_kernel_killed_for_memory_is_told_from_a_head_that_asked_too_much(
    start, monkeypatch
):
    counts = iter([3, 3, 4])  # as it starts, as the task begins, as it ended
    monkeypatch.setattr(out_of_memory, "kernel_kills", lambda: next(counts))
    record = start().do(task("sigkill"))

    assert (record.status, record.message) == ("oom", out_of_memory.HOST)
    monkeypatch.undo()
    own = start().do(task("balloon"))
    assert (own.status, own.message) == ("oom", "MemoryError()")


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({"proc/vmstat": "pgfault 5\noom_kill 7\n"}, 7),
        (
            {
                "proc/self/cgroup": "4:memory:/a/b\n0::/\n",
                "sys/fs/cgroup/memory/a/b/memory.oom_control": "under_oom 0\noom_kill 2\n",
                "proc/vmstat": "oom_kill 7\n",
            },
            2,
        ),
        (
            {
                "proc/self/cgroup": "0::/a\n",
                "sys/fs/cgroup/a/memory.events": "oom 9\noom_kill 3\noom_group_kill 0\n",
                "proc/vmstat": "oom_kill 7\n",
            },
            3,
        ),
        ({}, 0),
    ],
)
def test_what_the_kernel_killed_is_counted_where_the_worker_is(tmp_path, files, count):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    assert out_of_memory.kernel_kills(tmp_path) == count


def test_what_an_earlier_worker_said_is_not_put_in_the_mouth_of_the_next(start):
    start().do(task("ends"))

    assert start().do(task("sigkill")).message == "killed by SIGKILL"


def test_a_worker_that_does_not_come_up_is_told(tmp_path):
    with pytest.raises(AttnbenchError, match="did not start .*No module named"):
        Worker(tmp_path / "log", module="tests.run.no_such_module")


def test_after_a_crash_the_next_task_has_a_fresh_worker(start):
    tasks = [task(), task("sigkill"), task()]

    first, crashed, last = local(tasks, start)

    assert (first.status, crashed.status, last.status) == ("ok", "crashed", "ok")
    assert first.readings["pid"] != last.readings["pid"]


def test_after_a_cuda_error_which_stays_with_its_process_the_next_task_has_a_fresh_worker(start):
    first, error, last = local([task(), task("error"), task()], start)

    assert (first.status, error.status, last.status) == ("ok", "error", "ok")
    assert "CUDA error" in error.message
    assert first.readings["pid"] != last.readings["pid"]


def test_a_worker_that_is_killed_as_it_comes_up_is_started_again(start):
    attempts = []

    def once_in_vain():
        attempts.append(1)
        if len(attempts) == 1:
            raise AttnbenchError("the measuring process did not start")
        return start()

    assert [r.status for r in local([task()], once_in_vain)] == ["ok"]


def test_a_log_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(AttnbenchError, match="did not start .No such file or directory"):
        Worker(tmp_path / "nowhere" / "log", module=FAKE)


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
