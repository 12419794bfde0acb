"""A worker in which the steps of chosen trials are slower by a known part: for the self-test alone.

After each call it waits, busily, for that part of what the call took. Calls of the other trials go
the same way with nothing to wait for, so that both sides of a gate run the same code.
"""

import json
import os
import time
from collections.abc import Callable
from typing import Any

from attnbench.gate.versions import PARTS
from attnbench.measure._step import Step
from attnbench.run import worker


def main() -> None:
    parts = json.loads(os.environ.pop(PARTS, "{}"))
    now = {"part": 0.0}
    perform, afresh = worker.perform, Step.afresh

    def performed(task: Any, *others: Any) -> Any:
        now["part"] = parts.get(task.trial.key, 0.0)
        return perform(task, *others)

    worker.perform = performed
    Step.afresh = slowed(afresh, lambda: now["part"])
    worker.main()


def slowed(
    step: Callable[[Step], None], part: Callable[[], float],
    clock: Callable[[], float] = time.perf_counter,
) -> Callable[[Step], None]:  # fmt: skip
    """`step`, and behind it a wait of that part of its time."""

    def call(this: Step) -> None:
        begun = clock()
        step(this)
        if this.x.is_cuda:  # what was issued is not done
            import torch  # noqa: PLC0415

            torch.cuda.synchronize()
        ended = clock()
        until = ended + part() * (ended - begun)
        while clock() < until:
            continue

    return call


if __name__ == "__main__":
    main()
