"""A worker without torch whose times are what a file says in the folder that it runs in.

`speed.json` maps a head to its seconds a call, or to what happens: "dies", "error TEXT". A version
of the code is then a version of that file. Noise is 0.2 % from process to process, and the same
again for the same seed of a gate: it comes from the padding that is drawn for each process.
"""

import json
import os
import random
import sys
import time
from pathlib import Path

from attnbench import measure
from attnbench.record import Environment, Reading, Record
from attnbench.run import protocol
from tests.replacing import replace

HERE = Environment(
    id="fake", attnbench="0", python="", torch=os.environ.get("FAKE_TORCH", "2.0"), numpy="",
    fvcore="", cuda="", driver="", os="", cpu=os.environ.get("FAKE_CPU", ""), cores=1,
    memory_bytes=0, threads=1,
)  # fmt: skip
SAMPLES = 3


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    speeds = json.loads(Path("speed.json").read_text())
    slower = json.loads(os.environ.get("ATTNBENCH_PLANTED", "{}"))
    if "start" in speeds:
        sys.exit(speeds["start"])
    answers.write(protocol.encode(protocol.Hello(HERE, ("cpu",))))
    answers.flush()
    process = random.Random(len(os.environ.get("ATTNBENCH_PAD", "")))
    for line in sys.stdin.buffer:
        answers.write(protocol.encode(done(protocol.task(line), speeds, process, slower)))
        answers.flush()


def done(task, speeds, process, slower):
    seconds = speeds.get(task.trial.head, 1e-3)
    if seconds == "dies":
        os._exit(7)
    if seconds == "slowly":
        time.sleep(0.2)
        seconds = 1e-3
    record = Record(task.trial, task.trial.key, task.round, "ok", HERE.id, "source")
    if isinstance(seconds, str):
        return replace(record, status="error", message=seconds)
    readings = {}
    noise = process.gauss(1, speeds.get("noise", 0.002)) * (1 + slower.get(task.trial.key, 0))
    for metric in task.metrics:
        facts = measure.describe(metric).keywords
        timed = metric == "latency"
        values = (seconds * noise,) * SAMPLES if timed else (round(seconds * 1e6),)
        for name, unit in facts["units"].items():
            readings[name] = Reading(values, unit, "lower", facts["origin"])
    return replace(record, readings=readings)


if __name__ == "__main__":
    main()
