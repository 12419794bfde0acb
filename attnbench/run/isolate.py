"""The parent's side of a worker: start it, give it a task, turn any end of it into a record."""

import os
import select
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import msgspec

from attnbench.errors import AttnbenchError
from attnbench.record import Record, Status
from attnbench.run import keeper, out_of_memory, protocol
from attnbench.run.protocol import Hello
from attnbench.source import source_of
from attnbench.stopwatch import UNANSWERED
from attnbench.trial import Settings, Task

START_SECONDS = 120.0  # importing torch from a cold disk takes long
STOP_SECONDS = 5.0  # the keeper needs milliseconds
LONGEST_ANSWER = 1 << 24  # bytes; a record has some kilobytes


class _GoneError(Exception):
    """The worker ended, or said something that is no answer; the text says how."""

    def __init__(self, message: str, status: Status = "crashed"):
        super().__init__(message)
        self.status = status


class _LateError(Exception):
    """No answer in the time given."""


class Worker:
    """A child process that does one task at a time, with a keeper that ends all that it started.

    `module` is what it runs, so that a test can put another in its place; `folder` is where it
    runs, whose packages come first, and `variables` are added to its environment. Raises
    AttnbenchError when it does not come up.
    """

    def __init__(
        self,
        log: Path,
        settings: Settings = Settings(),
        gpu: str | None = None,
        module: str = "attnbench.run.worker",
        folder: Path | None = None,
        variables: Mapping[str, str] = MappingProxyType({}),
    ):
        environment = (
            os.environ
            | {"OMP_NUM_THREADS": str(settings.threads), "PYTHONUNBUFFERED": "1"}
            | variables
        )
        if gpu is not None:
            environment["CUDA_VISIBLE_DEVICES"] = gpu
        self._log, self._log_seen, self._killed = log, 0, out_of_memory.kernel_kills()
        try:
            with log.open("ab") as errors:
                self._log_seen = errors.tell()
                self._process = subprocess.Popen(
                    [sys.executable, "-m", keeper.__name__, module, msgspec.json.encode(settings)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    env=environment,
                    cwd=folder,
                    start_new_session=True,
                )
        except OSError as error:
            raise AttnbenchError(
                f"the measuring process did not start ({error.strerror}); its log is {log}"
            ) from None
        self._buffer = bytearray()
        self.spent: dict[str, float] = {}  # seconds of the last task, by what they were spent on
        self._ended = os.pidfd_open(self._process.pid)
        try:
            self.hello: Hello = protocol.hello(self._line(START_SECONDS))
        except (_GoneError, _LateError, *protocol.GARBLED) as reason:
            self.stop()
            raise AttnbenchError(
                f"the measuring process did not start ({reason}); see {log}"
            ) from None
        except BaseException:  # Ctrl-C while it starts
            self.stop()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def do(self, task: Task) -> Record:
        """The record of a task. After a status other than ok or skipped, use another worker."""
        started, clock = datetime.now(UTC), time.monotonic()
        self._killed, self._log_seen = out_of_memory.kernel_kills(), _size(self._log)
        status: Status = "crashed"
        try:
            self._process.stdin.write(protocol.encode(task))
            self._process.stdin.flush()
            line = self._line(task.limits.seconds)
            record, self.spent = protocol.record(line), protocol.spent(line)
            if (record.trial, record.key, record.round) == (task.trial, task.trial.key, task.round):
                return record
            message = "the worker answered for another trial"
        except _LateError:
            status, message = "timeout", f"no answer within {task.limits.seconds:g} s"
        except (_GoneError, BrokenPipeError) as end:
            reason = end if isinstance(end, _GoneError) else self._how_it_ended()
            status, message = reason.status, str(reason)
        except protocol.GARBLED:
            message = "the worker answered with something that is no record"
        self.stop()
        seconds = time.monotonic() - clock
        self.spent = {UNANSWERED: seconds}
        return Record(
            trial=task.trial,
            key=task.trial.key,
            round=task.round,
            status=status,
            environment=self.hello.environment.id,
            source=source_of(task),
            message=message,
            started=started.isoformat(timespec="milliseconds"),
            seconds=round(seconds, 6),
            seed=task.seed,
        )

    def abort(self) -> None:
        """Makes `do` come back that another thread is in: the keeper ends with its worker."""
        keeper.kill(keeper.descendants(self._process.pid))

    def stop(self) -> None:
        """Ends the worker and everything that it started. Safe to call twice."""
        if self._ended < 0:
            return
        for stream in (self._process.stdin, self._process.stdout):  # which the keeper waits for
            try:
                stream.close()
            except BrokenPipeError:
                continue
        os.kill(self._process.pid, signal.SIGCONT)  # somebody may have stopped the keeper
        if not self._has_ended():
            keeper.kill(keeper.descendants(self._process.pid))
        # Before it is waited for, so that no other process can have its number: the keeper, and
        # should it have been killed, what stayed in its group.
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._ended)
        self._ended = -1

    def _line(self, seconds: float) -> bytes:
        """The next line of the worker. Sleeps until there is one, it ends, or time is up."""
        deadline = time.monotonic() + seconds
        pipe, searched = self._process.stdout.fileno(), 0
        with selectors.DefaultSelector() as ready:
            ready.register(pipe, selectors.EVENT_READ)
            ready.register(self._ended, selectors.EVENT_READ)
            while (end := self._buffer.find(b"\n", searched)) < 0:
                searched = len(self._buffer)
                if searched > LONGEST_ANSWER:
                    raise _GoneError("the worker answered with a line without an end")
                events = ready.select(max(0.0, deadline - time.monotonic()))
                if not events:
                    raise _LateError
                # Read before looking at its end: an answer may be the last thing it did.
                if pipe in [key.fd for key, _ in events] and (data := os.read(pipe, 1 << 16)):
                    self._buffer += data
                else:
                    raise self._how_it_ended()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def _has_ended(self) -> bool:
        ready = select.poll()
        ready.register(self._ended, select.POLLIN)
        return bool(ready.poll(STOP_SECONDS * 1000))

    def _how_it_ended(self) -> _GoneError:
        if not self._has_ended():
            return _GoneError("the worker closed its pipe")
        self.stop()
        code = self._process.returncode
        if code == -signal.SIGKILL and out_of_memory.kernel_kills() > self._killed:
            return _GoneError(out_of_memory.HOST, "oom")
        last = _last_line(self._log, self._log_seen)
        status: Status = "oom" if out_of_memory.says_so(last) else "crashed"
        tail = f"; it said: {last}" if last else ""
        if code < 0:
            return _GoneError(f"killed by {signal.Signals(-code).name}{tail}", status)
        return _GoneError(f"ended with exit code {code}{tail}", status)


def _size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def _last_line(log: Path, begin: int) -> str:
    """What was said last, after byte `begin`: before it another worker spoke."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(begin, stream.seek(0, os.SEEK_END) - 4096))
            lines = stream.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")
