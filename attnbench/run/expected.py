"""How long a run may take: as an earlier run here took, where it had the same trials, else by its
budget and the work of its heads at a nominal rate.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from attnbench.errors import AttnbenchError
from attnbench.kinds import NO_DEVICE
from attnbench.record import Environment
from attnbench.run.session import Work
from attnbench.run_folders import runs_in
from attnbench.store import read_run
from attnbench.trial import Task

RATES = {"cpu": 6e10, "cuda": 2e13}  # FLOP/s of a thread or a card, that large maps attain
PASSES = 3  # a forward and a backward pass take as long as three forward passes
START_SECONDS = 3.0  # of a worker: torch is imported
PROBE_SECONDS = 5.0  # how much the machine varies
COUNT_SECONDS = 0.01  # of what runs on no device
LOOKED_AT = 5  # runs, the newest first
LARGEST_RUN = 10**8  # bytes of records: a larger one is not read for this
COUNTED = ("params", "modelled", "counted", "fvcore", "memory_predicted")
TIMED = ("memory", "latency", "latency_graph", "roofline")


@dataclass(frozen=True)
class Earlier:
    """Seconds of the records of an earlier run by key, of the first round and of the others."""

    run: str
    seconds: Mapping[tuple[str, bool], float]

    def of(self, task: Task) -> float | None:
        """A round after the first takes fewer metrics, but may stand for it, and it for them."""
        key, is_first = task.trial.key, task.round == 0
        return self.seconds.get((key, is_first), self.seconds.get((key, not is_first)))


@dataclass(frozen=True)
class Expected:
    """Seconds in all; how many of the records are expected to take what they took in `run`.

    `rate` is the FLOP/s by which the others were reckoned. Of the metrics in `unknown` nothing is
    known, and they are not in it.
    """

    seconds: float
    records: int
    from_run: int
    run: str
    rate: float
    unknown: tuple[str, ...] = ()


def expected(
    work: Work,
    flops: Mapping[str, int],
    earlier: Earlier | None,
    too_large: Container[str] = (),
    *,
    device: str,
    threads: int,
    jobs: int,
    probe: bool,
) -> Expected:
    """`flops` are those of a forward pass, by the key of the trial; keys that are `too_large` are
    skipped, which takes no time.
    """
    rate = RATES[device] * (threads if device == "cpu" else 1)
    found: dict[str, list[float]] = {}
    unknown: set[str] = set()
    from_run = 0
    parts = {"counted": work.counted, "trained": work.trained, "timed": work.timed}
    for part, tasks in parts.items():
        for task in tasks:
            took = earlier.of(task) if earlier else None
            from_run += took is not None
            if task.trial.key in too_large:
                took = COUNT_SECONDS
            elif took is None:
                took = reckoned(task, flops.get(task.trial.key, 0) / rate)
                unknown.update(m for m in task.metrics if m not in (*COUNTED, *TIMED))
            found.setdefault(part, []).append(took)
    spread = {"counted": jobs, "trained": jobs if device == "cpu" else 1, "timed": 1}
    seconds = sum(sum(each) / spread[part] for part, each in found.items())
    rounds = {task.round for task in (*work.timed, *work.trained)}
    starts = 1 + bool(work.counted) + len(rounds)
    seconds += starts * START_SECONDS + (PROBE_SECONDS if probe and work.timed else 0)
    told = earlier.run if earlier and from_run else ""
    return Expected(seconds, sum(map(len, parts.values())), from_run, told, rate, _sorted(unknown))


def reckoned(task: Task, forward: float) -> float:
    """Seconds of a task by its budget, with `forward` seconds of a forward pass."""
    if task.trial.device == NO_DEVICE:
        return COUNT_SECONDS
    budget = task.budget
    is_training = task.trial.mode == "training"
    step = forward * (PASSES if is_training else 1)
    sample = max(step, budget.min_sample_seconds)
    samples = max(budget.max_seconds, budget.min_samples * sample)
    # The first call is forward, and in inference warm-up; the peak of memory has its own step.
    warmup = max(budget.warmup_seconds - forward, step if is_training else 0)
    peak = step if "memory" in task.metrics else 0
    return COUNT_SECONDS + forward + warmup + peak + samples


def earlier_run(results: Path, here: Environment, work: Work) -> Earlier | None:
    """The newest run below `results` on a machine like `here` that has some of the trials."""
    keys = {t.trial.key for t in (*work.counted, *work.trained, *work.timed)}
    for path in [*reversed(runs_in(results))][:LOOKED_AT]:
        try:
            if (path / "records.jsonl").stat().st_size > LARGEST_RUN:
                continue
            run = read_run(path)
        except (AttnbenchError, OSError):
            continue  # what is wrong with it is told when it is asked for
        same = {e.id for e in run.environments.values() if _machine(e) == _machine(here)}
        took: dict[tuple[str, bool], list[float]] = {}
        for record in run.records:
            if record.key in keys and record.environment in same and record.status == "ok":
                took.setdefault((record.key, record.round == 0), []).append(record.seconds)
        if took:
            return Earlier(str(path), {key: mean(each) for key, each in took.items()})
    return None


def _machine(environment: Environment) -> Sequence[object]:
    """What most of a time depends on; another version of anything changes it by less."""
    e = environment
    return e.cpu, e.cores, e.threads, tuple((g.name, g.uuid) for g in e.gpus)


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))
