"""The child that measures a machine's noise: a fixed attention, timed in one process after another.

Processes are forks of this one, which has imported torch and computed nothing yet: they differ in
time and in where their memory lies, as the processes of rounds do, without the seconds that each
import takes.
"""

import sys
from time import perf_counter

import msgspec
import torch

from attnbench.measure._numerics import apply
from attnbench.run.fork import in_fork
from attnbench.trial import Settings

PIXELS, WIDTH = 1024, 64  # a map of 32 x 32: some milliseconds a call on one core
WARM_UP = 3
SECONDS = 0.15  # of a process


def samples() -> list[float]:
    """Seconds a call, in this process."""
    query, key, value = (torch.randn(PIXELS, WIDTH) for _ in range(3))
    taken: list[float] = []
    with torch.no_grad():
        for _ in range(WARM_UP):
            (query @ key.T).softmax(dim=1) @ value
        while sum(taken) < SECONDS or len(taken) < WARM_UP:
            start = perf_counter()
            (query @ key.T).softmax(dim=1) @ value
            taken.append(perf_counter() - start)
    return taken


def in_a_process() -> list[float]:
    """`samples` of a fork. Raises ChildProcessError when it ends early."""
    answer, status = in_fork(samples)
    if status:
        raise ChildProcessError(f"a process of the probe ended with status {status}")
    return msgspec.json.decode(answer, type=list[float])


def main() -> None:
    """Arguments: settings as JSON, how many processes. Prints their samples, a list of lists."""
    apply(msgspec.json.decode(sys.argv[1], type=Settings))
    taken = [in_a_process() for _ in range(int(sys.argv[2]))]
    sys.stdout.buffer.write(msgspec.json.encode(taken))


if __name__ == "__main__":
    main()
