"""A worker without torch that does what the option `do` of a trial tells it."""

import os
import signal
import subprocess
import sys
import time

from attnbench import heads
from attnbench.record import Environment, Reading, Record
from attnbench.run import protocol

# That of a GPU is named after it, where a test gives cards a kind.
CARD = os.environ.get("FAKE_CARD")
NAME = "fake" if CARD is None else "fake" + CARD + os.environ.get("CUDA_VISIBLE_DEVICES", "")
HERE = Environment(
    id=NAME, attnbench="0", python="", torch="", numpy="", fvcore="", cuda="", driver="",
    os="", cpu="", cores=1, memory_bytes=0, threads=1,
)  # fmt: skip


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    answers.write(protocol.encode(protocol.Hello(HERE, ("cpu",))))
    answers.flush()
    for line in sys.stdin.buffer:
        task = protocol.task(line)
        begun = time.perf_counter()
        act(task.trial.options.get("do", ""), answers)
        reading = Reading((float(os.getpid()),), "", "lower", "measured")
        record = Record(
            task.trial, task.trial.key, task.round, "ok", NAME, readings={"pid": reading},
            source=heads.source(task.trial.head), seconds=time.perf_counter() - begun,
        )  # fmt: skip
        answers.write(protocol.encode(record))
        answers.flush()


def act(what: str, answers) -> None:
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "exit":
        print("Traceback: it had enough", file=sys.stderr)
        os._exit(3)
    elif what == "hang":
        time.sleep(600)
    elif what.startswith("sleep "):
        time.sleep(float(what.removeprefix("sleep ")))
    elif what == "child":
        subprocess.Popen(["sleep", "600"])
        time.sleep(600)
    elif what == "garbage":
        answers.write(b"not a record\n")
        answers.flush()
    elif what == "print":
        print("garbage on stdout")
        os.write(1, b"garbage from C\n")


if __name__ == "__main__":
    main()
