"""What is seen while a run goes on: a live picture on a terminal, plain lines elsewhere."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from attnbench.cli._console import PrintableConsole
from attnbench.cli._notes import is_quiet
from attnbench.cli._progress import is_live
from attnbench.cli._training_log import TrainingLog
from attnbench.kinds import NO_DEVICE
from attnbench.record import Record
from attnbench.run.session import View
from attnbench.run.start import Prepared
from attnbench.store import LOG
from attnbench.trial import Task, Trial
from attnbench.units import duration, quantity

LAST = 6  # results kept in sight
PLAIN_SECONDS = 5.0  # a line at most so often where there is no terminal
MARKS = {"ok": "green", "skipped": "yellow"}


@contextmanager
def view(prepared: Prepared, stream: TextIO) -> Iterator[View]:
    """A view that fits the stream. Leaves a line with the count behind; nothing with --quiet."""
    log = TrainingLog(prepared.writer.path / LOG)
    progress = Progress(len(prepared), prepared.suite.budget.rounds, log)
    for record in prepared.done:
        progress.take(record, resumed=True)
    console = PrintableConsole(file=stream)
    if is_quiet():
        yield progress
        return
    if is_live(console):
        with Live(progress, console=console, refresh_per_second=4, transient=True):
            yield progress
    else:
        is_trained = any(one.work.trained for one in prepared.passes)
        with log.told(console) if is_trained else nullcontext():
            yield Plain(progress, console)
    console.print(Text(progress.counts()))


class Progress:
    """What is done and left, and how long the rest may take; draws itself for rich."""

    def __init__(self, total: int, rounds: int, log: TrainingLog | None = None):
        self.total, self.rounds, self.log = total, rounds, log
        self.statuses: dict[str, int] = {}
        self.seconds: dict[str, float] = {}  # of each trial, as it was last
        self.last: deque[Record] = deque(maxlen=LAST)
        self.now: Task | None = None
        self.started, self.fresh = time.monotonic(), 0

    @property
    def done(self) -> int:
        return sum(self.statuses.values())

    def begins(self, task: Task) -> None:
        self.now = task

    def ended(self, record: Record) -> None:
        self.take(record)
        self.last.append(record)

    def take(self, record: Record, *, resumed: bool = False) -> None:
        self.statuses[record.status] = self.statuses.get(record.status, 0) + 1
        self.fresh += not resumed and record.status != "skipped"

    def left_seconds(self) -> float | None:
        """By the mean so far; None until there is one."""
        if not self.fresh:
            return None
        return (self.total - self.done) * (time.monotonic() - self.started) / self.fresh

    def counts(self) -> str:
        words = ", ".join(f"{n} {status}" for status, n in sorted(self.statuses.items()))
        took = time.monotonic() - self.started
        return f"{self.done} of {self.total} done in {duration(took)}: {words or 'nothing'}"

    def __rich__(self) -> Group:
        left = self.left_seconds()
        head = Text("measuring  " + (describe(self.now, self.rounds) if self.now else "starting"))
        bar = Table.grid(padding=(0, 1))
        bar.add_row(
            ProgressBar(total=max(self.total, 1), completed=self.done, width=40),
            Text(f"{self.done} / {self.total}"),
            Text("" if left is None else f"about {duration(left)} left"),
        )
        step = self.log.last() if self.log and self.now and self.now.training else ""
        return Group(head, *([Text(step)] if step else []), bar, *(result(r) for r in self.last))


class Plain:
    """A line for each failure, and one now and then for the rest."""

    def __init__(self, progress: Progress, console: Console):
        self.progress, self.console, self.spoke = progress, console, float("-inf")

    def begins(self, task: Task) -> None:
        self.progress.begins(task)

    def ended(self, record: Record) -> None:
        self.progress.ended(record)
        failed = record.status not in MARKS
        if failed or time.monotonic() - self.spoke > PLAIN_SECONDS:
            self.spoke = time.monotonic()
            left = self.progress.left_seconds()
            rest = "" if left is None else f", about {duration(left)} left"
            place = f"[{self.progress.done}/{self.progress.total}{rest}] "
            self.console.print(Text(place).append_text(result(record)), soft_wrap=True)


def describe(task: Task, rounds: int) -> str:
    number = "" if task.trial.device == NO_DEVICE else f", round {task.round + 1} of {rounds}"
    return f"{_trial(task.trial)}{number}"


def result(record: Record) -> Text:
    """One line: what, and its latency, memory and accuracy, or the reason why not."""
    readings = [
        f"{name} {quantity(min(r.samples), r.unit)}"
        for name, r in record.readings.items()
        if name in ("latency", "memory", "macs.counted", "memory_predicted", "accuracy")
    ]
    text = Text(record.status.ljust(8), style=MARKS.get(record.status, "red"))
    return text.append(
        f"{_trial(record.trial)}  {record.message or '  '.join(readings)}", "default"
    )


def _trial(trial: Trial) -> str:
    where = "counts" if trial.device == NO_DEVICE else trial.device
    what = f"{trial.label}, {trial.reads}" if trial.backbone else trial.label
    return f"{what}  {trial.shape}  {trial.mode}  {where}"
