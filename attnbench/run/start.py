"""From what was typed to a session that can run: a fresh run, or one taken up again."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import attnbench
from attnbench.conditions import Conditions
from attnbench.errors import StoreError, SuiteError
from attnbench.kinds import NO_DEVICE
from attnbench.record import Environment, Record
from attnbench.run import session
from attnbench.run.asked import Asked
from attnbench.run.conditions import conditions
from attnbench.run.executors import Executor, Slot, spread
from attnbench.run.isolate import Worker
from attnbench.run.places import Here, Place
from attnbench.run.protocol import Hello
from attnbench.run.session import Kept, Session, View, Work
from attnbench.store import LOG, TRAININGS, Run, RunInfo, RunWriter, read_run
from attnbench.suite import Suite
from attnbench.suite_file import parse_suite, read_suite, suite_path
from attnbench.trial import Settings


@dataclass(frozen=True)
class Spread:
    """Over which processes and machines a run is spread. `jobs` 0: not said."""

    executor: str = "local"
    jobs: int = 0
    address: str = ""
    accelerators: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pass:
    """The work of a run in one place, and what an earlier part of the run has of it."""

    work: Work
    place: Place
    kept: Kept = Kept(())


@dataclass
class Prepared:
    """A run folder that is open for writing, and everything that its sessions need."""

    suite: Suite
    writer: RunWriter
    info: RunInfo
    passes: tuple[Pass, ...]
    environments: Mapping[str, Environment] = field(default_factory=dict)  # of the earlier part
    spent: Counter[str] = field(default_factory=Counter)  # seconds of `run`, but for its own

    def __enter__(self) -> "Prepared":
        return self

    def __exit__(self, *_error: object) -> None:
        self.writer.close()
        for one in self.passes:
            one.place.close()

    def __len__(self) -> int:
        return sum(len(one.work) for one in self.passes)

    @property
    def done(self) -> tuple[Record, ...]:
        return tuple(record for one in self.passes for record in one.kept.records)

    @property
    def hellos(self) -> tuple[Hello, ...]:
        return tuple(hello for one in self.passes for hello in one.place.hellos)

    def made_again(self) -> tuple[str, ...]:
        """Why records of an earlier part of the run do not count, a phrase each."""
        kept = [one.kept for one in self.passes]
        code = {id(r): r for k in kept for r in k.other_code}.values()
        elsewhere = {id(r): r for k in kept for r in k.other_environment}.values()
        failed = {id(r): r for k in kept for r in k.to_retry}.values()
        heads = ", ".join(sorted({r.trial.head for r in code}))
        return (
            f"{len(code)} made again: the code of {heads} has changed" if code else "",
            f"{len(elsewhere)} made again: {self._difference(elsewhere)}" if elsewhere else "",
            f"{len(failed)} tried again: they failed or were skipped" if failed else "",
        )

    def _difference(self, records: Iterable[Record]) -> str:
        now = asdict(self.hellos[0].environment)
        before = [self.environments.get(e) for e in dict.fromkeys(r.environment for r in records)]
        fields = {f for b in before if b for f, value in asdict(b).items() if value != now[f]}
        return (
            f"they are of another environment ({', '.join(sorted(fields - {'id'})) or 'unknown'})"
        )

    def examine(self, *, probe: bool) -> Conditions | None:
        """What the machine is like now; stored with the run. None for machines of a cluster.

        With `probe` and something to time on the CPU, its noise is measured: some five seconds.
        """
        if self.info.executor != "local":
            return None
        now = datetime.now(UTC).isoformat(timespec="seconds")
        gpus = ()
        if self.info.device.startswith("cuda"):
            gpus = tuple(g.uuid for hello in self.hellos for g in hello.environment.gpus)
        noisy = probe and not gpus and any(t.round for one in self.passes for t in one.work.timed)
        here = self.hellos[0].environment
        found = conditions(here, self.info.settings, gpus, probe=noisy, started=now)
        self.writer.add_conditions(found)
        return found

    def run(self, view: View) -> None:
        for hello in self.hellos:
            self.writer.add_environment(hello.environment)
        for one in self.passes:
            self._run(one, view)

    def _run(self, one: Pass, view: View) -> None:
        done = frozenset((r.key, r.round) for r in one.kept.records)
        first, slots = one.place.hellos[0].environment.id, len(one.place.timers)
        here = Session(one.work, self.writer, first, view, done, slots)
        for record in one.kept.records:
            here.seen(record)
        here.run(self._executor(one.place.timers), self._executor(one.place.counters))

    def _executor(self, slots: Sequence[Slot]) -> Executor:
        return partial(spread, slots=slots, welcome=self._welcome, spent=self.spent.update)

    def _welcome(self, hello: Hello) -> None:
        self.writer.add_environment(hello.environment)


def fresh(
    name: str,
    asked: Asked,
    results: Path,
    *,
    settings: Settings = Settings(),
    seed: int | None = None,
    over: Spread = Spread(),
) -> Prepared:
    """A new run folder below `results`. Everything is checked before the folder is made.

    Raises AttnbenchError for a suite, head, option, axis, device, cluster or folder that cannot be.
    """
    suite, text = read_suite(suite_path(name))
    return begun(suite, text, asked, results, settings=settings, seed=seed, over=over)


def begun(
    suite: Suite, text: str, asked: Asked, results: Path, *, settings: Settings, seed: int | None,
    over: Spread,
) -> Prepared:  # fmt: skip
    """As `fresh`, of a suite that is read, with its text."""
    suite = asked.of(suite)
    if suite.training and suite.training.keep_weights and over.executor != "local":
        raise SuiteError(f"--executor {over.executor}: weights are kept on this machine alone")
    info = RunInfo(
        suite=suite.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        attnbench=attnbench.__version__,
        seed=random.SystemRandom().randrange(2**31) if seed is None else seed,
        device=asked.device,
        threads=settings.threads,
        sdpa=settings.sdpa,
        cudnn_benchmark=settings.cudnn_benchmark,
        asked=asked.told,
        executor=over.executor,
        jobs=over.jobs,
        address=over.address,
        accelerators=over.accelerators,
    )
    info, places = _places(suite, info)
    try:
        writer = RunWriter.create(results, info, text)
    except StoreError:
        for place in places:
            place.close()
        raise
    return _prepared(suite, info, places, writer)


def resumed(
    path: Path, *, retry: bool = False, jobs: int | None = None, address: str | None = None
) -> Prepared:
    """The run in folder `path`, with what it has already; `retry` takes up what failed.

    A cluster may be another, or have another address, by now.
    """
    run = read_run(path)
    if not run.suite_text:
        raise StoreError(f"{path}: its suite.toml is gone; it can be reported but not resumed")
    info = replace(
        run.info,
        jobs=run.info.jobs if jobs is None else jobs,
        address=run.info.address if address is None else address,
    )
    asked = Asked.again(info.asked, info.device)
    suite = asked.of(parse_suite(run.suite_text, info.suite, str(path / "suite.toml")))
    writer = RunWriter(path)
    try:
        info, places = _places(suite, info)
    except BaseException:
        writer.close()
        raise
    return _prepared(suite, info, places, writer, run, retry=retry)


def _places(suite: Suite, info: RunInfo) -> tuple[RunInfo, tuple[Place, ...]]:
    """Where the run is done, and what was asked for, with the device that this is.

    Raises SuiteError for a head that cannot be built, DeviceError for a device that is not there.
    """
    if info.executor == "ray":
        from attnbench.run import ray  # noqa: PLC0415 an extra, and slow to import

        ray.join(info.address)
    with TemporaryDirectory(prefix="attnbench-") as folder:
        log = Path(folder) / LOG
        worker = Worker(log, info.settings)
        try:
            if info.executor == "local":
                kind, gpus = session.resolve_device(info.device, worker.hello.devices)
            session.check_heads(suite, lambda tasks: map(worker.do, tasks))
        finally:
            worker.stop()
        if info.executor == "local":
            name = info.device if info.device == "cuda:all" else ":".join([kind, *gpus])
            here = Here(log, info.settings, gpus, info.jobs, worker.hello)
            return replace(info, device=name), (here,)
    kind, places = ray.places(info)
    return replace(info, device=kind), places


def _prepared(
    suite: Suite, info: RunInfo, places: tuple[Place, ...], writer: RunWriter,
    before: Run | None = None, *, retry: bool = False,
) -> Prepared:  # fmt: skip
    kept = str((writer.path / TRAININGS).absolute()) if info.executor == "local" else ""
    whole = session.work(suite, info.device.partition(":")[0], info.seed, kept)
    planned = {p.trial.key for p in whole.skipped}
    records = before.records if before else ()
    passes = []
    for number, place in enumerate(places):
        others = {h.environment.id for p in places if p is not place for h in p.hellos}
        ours = {h.environment.id for h in place.hellos}
        mine = [r for r in records if r.environment in ours or r.environment not in others]
        work = whole
        if number:  # counts are those of any place
            work = replace(whole, skipped=(), counted=())
            mine = [r for r in mine if r.trial.device != NO_DEVICE and r.key not in planned]
        kept = session.reusable(mine, ours, retry=retry, planned=planned)
        passes.append(Pass(work, place, kept))
        if isinstance(place, Here):
            place.log = writer.path / LOG
    return Prepared(suite, writer, info, tuple(passes), before.environments if before else {})
