"""What a run would do, without doing it: its trials, what each needs, what will not fit, how long.

Work and memory are those of tensors without data, counted by a worker: nothing is measured, and
nothing is allocated or written.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from attnbench.kinds import NO_DEVICE
from attnbench.record import Environment, Record
from attnbench.run import session
from attnbench.run.asked import Asked
from attnbench.run.executors import WorkerSlot
from attnbench.run.expected import Expected, earlier_run, expected
from attnbench.run.isolate import Worker
from attnbench.run.session import Work
from attnbench.store import LOG
from attnbench.suite import Planned, Suite
from attnbench.suite_file import read_suite, suite_path
from attnbench.trial import Settings, Task, Trial
from attnbench.units import quantity

Tell = Callable[[str, int, int], None]  # what is done, how much of it, of how much


@dataclass(frozen=True)
class Need:
    """MACs and FLOPs of the forward pass of a trial, and bytes of its step at the peak, weights and
    input included. What cannot be told is None, and `why` says so.
    """

    macs: int | None = None
    flops: int | None = None
    peak: int | None = None
    why: str = ""


@dataclass(frozen=True)
class Preview:
    """A run that was not made. `allowed` are the bytes that a step may take on the device; trials
    whose key is `too_large` would be skipped as they are come to, for that reason.
    """

    suite: Suite
    device: str
    threads: int
    planned: tuple[Planned, ...]
    work: Work
    needs: Mapping[str, Need]  # by key; not of every trial
    allowed: int
    too_large: Mapping[str, str]
    expected: Expected

    @property
    def to_do(self) -> list[Planned]:
        return [p for p in self.planned if not p.skipped]


def preview(
    name: str,
    asked: Asked,
    results: Path,
    settings: Settings = Settings(),
    *,
    jobs: int = 1,
    probe: bool = True,
    every: bool = False,
    tell: Tell = lambda *_: None,
) -> Preview:
    """Of suite `name` as it is asked for. `every` trial has its need told; else those that run on a
    device, and the largest of the others for each head.

    Raises AttnbenchError for what `start.fresh` would refuse.
    """
    suite, _ = read_suite(suite_path(name))
    suite = asked.of(suite)
    with TemporaryDirectory(prefix="attnbench-") as folder:
        slot = WorkerSlot(partial(Worker, Path(folder) / LOG, settings))
        try:
            hello = slot.hello()
            device, gpus = session.resolve_device(asked.device, hello.devices)
            session.check_heads(suite, lambda tasks: map(slot.do, tasks))
            planned = tuple(suite.plan(device))
            looked_at = _looked_at(planned, every=every)
            needs = dict(_needs(looked_at, slot, tell))
        finally:
            slot.stop()
    work = session.work(suite, device, seed=0)
    flops = {key: need.flops or 0 for key, need in needs.items()}
    allowed = _allowed(suite, hello.environment, gpus)
    too_large = _too_large(planned, needs, allowed)
    how = {"device": device, "threads": settings.threads, "jobs": jobs, "probe": probe}
    earlier = earlier_run(results, hello.environment, work)
    return Preview(
        suite=suite,
        device=":".join([device, *gpus]) if len(gpus) < 2 else asked.device,
        threads=settings.threads,
        planned=planned,
        work=work,
        needs=needs,
        allowed=allowed,
        too_large=too_large,
        expected=expected(work, flops, earlier, too_large, **how),
    )


def size(trial: Trial) -> tuple[int, bool]:
    """By which trials of a head are put in order: pixels, and training after inference."""
    return trial.shape.pixels, trial.mode == "training"


def _looked_at(planned: Iterable[Planned], *, every: bool) -> list[Trial]:
    trials = [p.trial for p in planned if not p.skipped]
    lines: dict[str, list[Trial]] = {}
    for trial in trials:
        if not _is_run(trial):
            lines.setdefault(trial.label, []).append(trial)
    shown = {max(each, key=size).key for each in lines.values()}
    return [t for t in trials if every or _is_run(t) or t.key in shown]


def _needs(trials: list[Trial], slot: WorkerSlot, tell: Tell) -> Iterator[tuple[str, Need]]:
    known: dict[str, Record] = {}
    for number, trial in enumerate(trials, 1):
        mode = _without_data(trial)
        forward = replace(mode, mode="inference")
        for each in (forward, mode):
            if each.key not in known:
                known[each.key] = slot.do(Task(each, ("counted", "memory_predicted")))
        yield trial.key, _need(known[forward.key], known[mode.key])
        tell("counting", number, len(trials))


def _without_data(trial: Trial) -> Trial:
    """A compiled head hides what it holds: it is taken for the eager one."""
    kernel = "eager" if trial.kernel == "compiled" else trial.kernel
    return replace(trial, device=NO_DEVICE, kernel=kernel)


def _need(forward: Record, step: Record) -> Need:
    def of(record: Record, name: str) -> int | None:
        return record.readings[name].samples[0] if name in record.readings else None

    why = "; ".join(dict.fromkeys(filter(None, (forward.message, step.message))))
    peak = of(step, "memory_predicted.total")
    return Need(of(forward, "macs.counted"), of(forward, "flops.counted"), peak, why)


def _allowed(suite: Suite, here: Environment, gpus: Iterable[str]) -> int:
    """The limit of the suite; on a GPU all of the smallest card, as if nobody used it."""
    cards = [here.gpus[int(index)].memory_bytes for index in gpus]
    return min(cards) if cards else suite.limits.memory_bytes


def _too_large(
    planned: Iterable[Planned], needs: Mapping[str, Need], allowed: int
) -> dict[str, str]:
    """In the words of the worker that will skip it."""
    found = {p.trial.key: needs[p.trial.key] for p in planned if not p.skipped and _is_run(p.trial)}
    return {
        key: f"predicted peak {quantity(need.peak, 'bytes')}, above the "
        f"{quantity(allowed, 'bytes')} allowed"
        for key, need in found.items()
        if need.peak is not None and need.peak > allowed
    }


def _is_run(trial: Trial) -> bool:
    return trial.device != NO_DEVICE
