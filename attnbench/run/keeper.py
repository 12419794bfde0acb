"""Runs a worker, and ends all that came of it when the worker ends or the run lets go of it.

What a head starts may move to a session of its own, and outlive the process that started it. Linux
then hands it to the nearest subreaper, which is the keeper: whatever they did, all are its
descendants. It waits without torch, and ends the way the worker did.

    python -m attnbench.run.keeper MODULE ARGUMENT...
"""

import ctypes
import os
import resource
import select
import signal
import sys
from collections import defaultdict
from pathlib import Path
from typing import NoReturn

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
# Of -1000 to 1000, inherited: a host short of memory takes the worker, not the user's editor.
OOM_SCORE = 500


def main() -> NoReturn:
    _control(PR_SET_CHILD_SUBREAPER, 1)
    _control(PR_SET_PDEATHSIG, signal.SIGCONT)  # should we be stopped when the run is killed
    keeper = os.getpid()
    worker = os.fork()
    if worker == 0:
        _become(sys.argv[1:], keeper)
    run = os.dup(0)  # our end of the pipe that tasks come through: it hangs up when the run ends
    with Path(os.devnull).open("r+b", buffering=0) as nowhere:
        os.dup2(nowhere.fileno(), 0)
        os.dup2(nowhere.fileno(), 1)
    _wait_for_either(run, os.pidfd_open(worker))
    _end_like(_end_all(worker))


def descendants(pid: int) -> list[int]:
    """Children of a process, their children, and so on."""
    children = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:  # it ended meanwhile
                continue
            children[int(state.rpartition(")")[2].split()[1])].append(int(entry.name))
    found = [pid]
    for one in found:
        found += children[one]
    return found[1:]


def kill(pids: list[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # gone, or a program with rights of its own
            continue


def _become(command: list[str], keeper: int) -> NoReturn:
    """Turns this process into the worker, which the kernel ends when the keeper is killed."""
    _control(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != keeper:  # it died before we asked
        os._exit(1)
    _offer_to_the_kernel(Path("/proc/self/oom_score_adj"))
    os.execv(sys.executable, [sys.executable, "-m", *command])  # noqa: S606 no shell is wanted


def _offer_to_the_kernel(score: Path) -> None:
    try:
        if int(score.read_text(encoding="ascii")) < OOM_SCORE:
            score.write_text(str(OOM_SCORE), encoding="ascii")
    except OSError:  # a sandbox that lets nobody write there chooses by itself
        return


def _wait_for_either(run: int, worker: int) -> None:
    ready = select.poll()
    ready.register(run, 0)  # a hang-up is always told; what there is to read is not for us
    ready.register(worker, select.POLLIN)
    ready.poll()


def _end_all(worker: int) -> int:
    """Kills what is left until nothing is; the wait status of the worker."""
    status = 0
    while True:
        kill(descendants(os.getpid()))
        try:
            pid, ended = os.waitpid(-1, 0)
        except ChildProcessError:
            return status
        if pid == worker:
            status = ended


def _end_like(status: int) -> NoReturn:
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the worker's is enough
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def _control(what: int, value: int) -> None:
    ctypes.CDLL(None).prctl(what, value, 0, 0, 0)


if __name__ == "__main__":
    main()
