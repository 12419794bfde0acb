"""Executors: functions that turn tasks into records, in the order in which they are done.

They pull a task only when they can do it, so what has come may still change what is asked next.
"""

from collections.abc import Callable, Iterable, Iterator

from attnbench.errors import AttnbenchError
from attnbench.record import Record
from attnbench.run.isolate import Worker
from attnbench.trial import Task

Executor = Callable[[Iterable[Task]], Iterator[Record]]
REUSABLE = ("ok", "skipped")  # after any other status the process may be in any state


def inline(tasks: Iterable[Task]) -> Iterator[Record]:
    """In this very process: for tests, and for looking at a head with a debugger."""
    from attnbench.measure._environment import environment  # noqa: PLC0415 imports torch
    from attnbench.run.worker import perform  # noqa: PLC0415 imports torch

    here = environment()
    for task in tasks:
        yield perform(task, here.id)


def local(tasks: Iterable[Task], start: Callable[[], Worker]) -> Iterator[Record]:
    """In worker processes of this machine, one at a time; a fresh one for every round."""
    worker: Worker | None = None
    current = None
    try:
        for task in tasks:
            if worker is not None and task.round != current:
                worker.stop()
                worker = None
            if worker is None:
                worker, current = _started(start), task.round
            record = worker.do(task)
            if record.status not in REUSABLE:
                worker.stop()
                worker = None
            yield record
    finally:
        if worker is not None:
            worker.stop()


def _started(start: Callable[[], Worker]) -> Worker:
    """A worker, at the second attempt if need be: one killed as it came up must not end a run."""
    try:
        return start()
    except AttnbenchError:
        return start()
