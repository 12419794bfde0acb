"""The parent's side of a worker: start it, give it a task, turn any end of it into a record."""

import os
import selectors
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from attnbench import heads
from attnbench.errors import AttnbenchError
from attnbench.record import Record, Status
from attnbench.run import protocol
from attnbench.run.protocol import Hello
from attnbench.trial import Settings, Task

START_SECONDS = 120.0  # importing torch from a cold disk takes long


class _GoneError(Exception):
    """The worker ended, or said something that is no answer; the text says how."""


class _LateError(Exception):
    """No answer in the time given."""


class Worker:
    """A child process in a process group of its own, that does one task at a time.

    `module` is what it runs, so that a test can put another in its place. Raises AttnbenchError
    when it does not come up.
    """

    def __init__(
        self,
        log: Path,
        settings: Settings = Settings(),
        gpu: str | None = None,
        module: str = "attnbench.run.worker",
    ):
        environment = os.environ | {
            "OMP_NUM_THREADS": str(settings.threads),
            "PYTHONUNBUFFERED": "1",
        }
        if gpu is not None:
            environment["CUDA_VISIBLE_DEVICES"] = gpu
        self._log = log
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, msgspec.json.encode(settings)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                start_new_session=True,
            )
        self._buffer = b""
        self._ended = os.pidfd_open(self._process.pid)
        try:
            self.hello: Hello = protocol.hello(self._line(START_SECONDS))
        except (_GoneError, _LateError, msgspec.DecodeError) as reason:
            self.stop()
            raise AttnbenchError(
                f"the measuring process did not start ({reason}); see {log}"
            ) from None

    @property
    def pid(self) -> int:
        return self._process.pid

    def do(self, task: Task) -> Record:
        """The record of a task. After a status other than ok or skipped, use another worker."""
        started, clock = datetime.now(UTC), time.monotonic()
        status: Status = "crashed"
        try:
            self._process.stdin.write(protocol.encode(task))
            self._process.stdin.flush()
            return protocol.record(self._line(task.limits.seconds))
        except _LateError:
            status, message = "timeout", f"no answer within {task.limits.seconds:g} s"
        except _GoneError as reason:
            message = str(reason)
        except BrokenPipeError:
            message = self._how_it_ended()
        except msgspec.DecodeError:
            message = "the worker answered with something that is no record"
        self.stop()
        return Record(
            trial=task.trial,
            key=task.trial.key,
            round=task.round,
            status=status,
            environment=self.hello.environment.id,
            source=heads.source(task.trial.head),
            message=message,
            started=started.isoformat(timespec="milliseconds"),
            seconds=round(time.monotonic() - clock, 6),
            seed=task.seed,
        )

    def stop(self) -> None:
        """Ends the worker and everything that it started. Safe to call twice."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            try:
                stream.close()
            except BrokenPipeError:
                continue
        if self._ended >= 0:
            os.close(self._ended)
            self._ended = -1

    def _line(self, seconds: float) -> bytes:
        """The next line of the worker. Sleeps until there is one, it ends, or time is up."""
        deadline = time.monotonic() + seconds
        pipe = self._process.stdout.fileno()
        with selectors.DefaultSelector() as ready:
            ready.register(pipe, selectors.EVENT_READ)
            ready.register(self._ended, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                events = ready.select(max(0.0, deadline - time.monotonic()))
                if not events:
                    raise _LateError
                # Read before looking at its end: an answer may be the last thing it did.
                if pipe in [key.fd for key, _ in events] and (data := os.read(pipe, 1 << 16)):
                    self._buffer += data
                else:
                    raise _GoneError(self._how_it_ended())
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "the worker closed its pipe"
        last = _last_line(self._log)
        tail = f"; it said: {last}" if last else ""
        if code < 0:
            return f"killed by {signal.Signals(-code).name}{tail}"
        return f"ended with exit code {code}{tail}"


def _last_line(log: Path) -> str:
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - 4096))
            lines = stream.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")
