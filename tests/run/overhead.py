"""What a run costs beside the work of its workers. Prints seconds; python -m tests.run.overhead.

1,000 trials in rounds by a worker without torch, into a real run folder. "Own" is wall time less
what the workers say that they were at work. Steady is without each round's first trial, at which
a process starts.
"""

import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from attnbench.run.executors import WorkerSlot, spread
from attnbench.run.isolate import Worker
from attnbench.run.session import Session, Work
from attnbench.store import RunInfo, RunWriter
from attnbench.trial import Shape, Task, Trial

TRIALS, ROUNDS = 200, 5


class Clock:
    """A view that notes when each record came, and how long its worker was at work."""

    def __init__(self):
        self.came = [time.perf_counter()]
        self.work, self.rounds = [], []

    def begins(self, task):
        pass

    def ended(self, record):
        self.came.append(time.perf_counter())
        self.work.append(record.seconds)
        self.rounds.append(record.round)

    def own(self):
        gaps = [b - a for a, b in zip(self.came, self.came[1:], strict=False)]
        return [gap - work for gap, work in zip(gaps, self.work, strict=True)]


def main() -> None:
    tasks = tuple(
        Task(Trial("ema", Shape(1, 512, side, side), device="cpu"), ("pid",), n)
        for n in range(ROUNDS)
        for side in range(1, TRIALS + 1)
    )
    starts, clock = [], Clock()
    with TemporaryDirectory() as folder:
        info = RunInfo("overhead", "", "0", seed=1, device="cpu", threads=1)
        writer = RunWriter.create(Path(folder), info, "")

        def start():
            starts.append(time.perf_counter())
            return Worker(writer.path / "log", module="tests.run.fake_worker")

        work = Work(skipped=(), counted=(), timed=tasks)
        Session(work, writer, "fake", clock).run(partial(spread, slots=[WorkerSlot(start)]))
        writer.close()
    own = clock.own()
    first = [i for i, n in enumerate(clock.rounds) if i == 0 or clock.rounds[i - 1] != n]
    steady = [t for i, t in enumerate(own) if i not in first]
    took = clock.came[-1] - clock.came[0]
    print(f"{len(own)} trials in {took:.3f} s")
    print(f"own time of a trial, steady: mean {sum(steady) / len(steady) * 1e3:.3f} ms, "
          f"median {sorted(steady)[len(steady) // 2] * 1e3:.3f} ms")  # fmt: skip
    print(
        f"own time of a round's first trial: {', '.join(f'{own[i] * 1e3:.0f}' for i in first)} ms"
    )
    print(f"workers started: {len(starts)} for {ROUNDS} rounds")


if __name__ == "__main__":
    main()
