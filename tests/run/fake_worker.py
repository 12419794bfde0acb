"""A worker without torch that does what it is told: by the option `do` of a trial, or by a plan.

A plan is a folder, named by the variable FAULT_PLAN: in its `plan.json` are {number of a task:
what to do}, counted over all workers of a run and its resumptions; `tasks` grows by a byte a task,
and `fired` tells what was done at which trial.
"""

import atexit
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from attnbench import heads, measure
from attnbench.record import Environment, Reading, Record
from attnbench.run import protocol
from tests.replacing import replace

# That of a GPU is named after it, where a test gives cards a kind.
CARD = os.environ.get("FAKE_CARD")
NAME = "fake" if CARD is None else "fake" + CARD + os.environ.get("CUDA_VISIBLE_DEVICES", "")
HERE = Environment(
    id=NAME, attnbench="0", python="", torch="", numpy="", fvcore="", cuda="", driver="",
    os="", cpu="", cores=1, memory_bytes=0, threads=1,
)  # fmt: skip
BALLOON = 1 << 25  # bytes of address space that it may take
LONG = 600  # s


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    answers.write(protocol.encode(protocol.Hello(HERE, ("cpu",))))
    answers.flush()
    for line in sys.stdin.buffer:
        task = protocol.task(line)
        begun = time.perf_counter()
        record = done(task)
        what, _, word = (task.trial.options.get("do", "") or planned(task)).partition(" ")
        if what:
            record = globals()[what](record, *([word] if word else [answers])) or record
        record = replace(record, seconds=time.perf_counter() - begun)
        answers.write(protocol.encode(record))
        answers.flush()


def done(task):
    units = {"pid": ""}
    for metric in task.metrics:
        units |= {} if metric == "pid" else measure.describe(metric).keywords["units"]
    trial, pid = task.trial, float(os.getpid())
    readings = {name: Reading((pid,), unit, "lower", "measured") for name, unit in units.items()}
    source = heads.source(trial.head)
    return Record(trial, trial.key, task.round, "ok", NAME, source, readings=readings)


def planned(task):
    if (folder := os.environ.get("FAULT_PLAN")) is None:
        return ""
    with (Path(folder) / "tasks").open("ab") as tasks:
        number = tasks.tell()
        tasks.write(b".")
    what = json.loads((Path(folder) / "plan.json").read_text()).get(str(number), "")
    if what:
        with (Path(folder) / "fired").open("a") as fired:
            fired.write(f"{what} {task.trial.key} {task.round} {len(task.metrics)}\n")
    return what


# What a head, or the machine, may do to a worker.


def sigkill(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def sigsegv(*_):
    os.kill(os.getpid(), signal.SIGSEGV)


def sigstop(*_):
    os.kill(os.getpid(), signal.SIGSTOP)


def group(*_):
    """Kills its process group."""
    os.killpg(0, signal.SIGKILL)


def ends(*_):
    print("it had enough", file=sys.stderr)
    os._exit(3)


def sleep(_, seconds):
    time.sleep(float(seconds))


def hangs(*_):
    time.sleep(LONG)


def balloon(record, _):
    here = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (here + BALLOON, before[1]))
    held = []
    try:
        while True:
            held.append(bytearray(1 << 22))
    except MemoryError as error:
        held.clear()
        return replace(record, status="oom", message=repr(error), readings={})
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def bad_alloc(*_):
    """As C++ ends a process that catches none."""
    os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\n")
    os.write(2, b"  what():  std::bad_alloc\n")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.abort()


def error(record, _):
    text = "AcceleratorError: CUDA error: an illegal memory access was encountered"
    return replace(record, status="error", message=text, readings={})


def garbage(_, answers):
    answers.write(b"\xff\x00 not a record\n")
    answers.flush()


def deep(_, answers):
    answers.write(b'{"x":' + b"[" * 100_000 + b"\n")
    answers.flush()


def endless(_, answers):
    for _ in range(18):
        answers.write(b"x" * (1 << 20))
    answers.flush()
    time.sleep(LONG)


def torn(record, answers):
    answers.write(protocol.encode(record)[:-30])
    answers.flush()
    os._exit(0)


def other(record, _):
    return replace(record, round=record.round + 1)


def twice(record, answers):
    answers.write(protocol.encode(record))


def prints(*_):
    print("garbage on stdout")
    os.write(1, b"garbage from C\n")


def child(*_):
    subprocess.Popen(["sleep", str(LONG)])


def child_then_hangs(*_):
    child()
    time.sleep(LONG)


def daemon(*_):
    """Leaves a process behind in a session of its own, whose parent is gone."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(LONG)
        os._exit(0)
    os.waitpid(pid, 0)


def daemon_then_dies(*_):
    daemon()
    sigkill()


def fork(*_):
    if os.fork() == 0:
        time.sleep(LONG)


def thread(*_):
    """Cannot end in peace: a thread and an exit handler that wait for ever."""
    threading.Thread(target=time.sleep, args=(LONG,)).start()
    atexit.register(time.sleep, LONG)


def thread_then_exits(*_):
    thread()
    sys.exit(1)


if __name__ == "__main__":
    main()
