"""From what was typed to a session that can run: a fresh run, or one taken up again."""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import attnbench
from attnbench.conditions import Conditions
from attnbench.errors import StoreError, UnknownNameError
from attnbench.record import Record
from attnbench.run import executors, session
from attnbench.run.conditions import conditions
from attnbench.run.isolate import Worker
from attnbench.run.protocol import Hello
from attnbench.run.session import Session, View, Work
from attnbench.store import LOG, RunInfo, RunWriter, read_run
from attnbench.suite import Suite
from attnbench.suite_file import override, parse_head, parse_suite, read_suite, suite_path
from attnbench.trial import Settings, Task


@dataclass(frozen=True)
class Asked:
    """What a user may change about a suite when it is run."""

    heads: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    device: str = "auto"

    def of(self, suite: Suite) -> Suite:
        added = tuple(parse_head(h) for h in self.heads)
        chosen = tuple(dict.fromkeys(name for names in self.only for name in names.split(",")))
        known = {c.name for c in suite.heads}
        for name in chosen:
            if name not in known:
                raise UnknownNameError("head of this suite", name, known, "--only")
        kept = tuple(c for c in suite.heads if not chosen or c.name in chosen)
        more = tuple(c for c in added if c not in kept)
        return override(replace(suite, heads=kept + more), self.settings)


@dataclass
class Prepared:
    """A run folder that is open for writing, and everything that its session needs."""

    suite: Suite
    work: Work
    writer: RunWriter
    hello: Hello
    settings: Settings
    gpu: str | None
    start: Callable[[], Worker]
    done: tuple[Record, ...] = ()

    def __enter__(self) -> "Prepared":
        return self

    def __exit__(self, *_error: object) -> None:
        self.writer.close()

    def examine(self, *, probe: bool) -> Conditions:
        """What the machine is like now; stored with the run.

        With `probe` and something to time on the CPU, its noise is measured: some five seconds.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        here = self.hello.environment
        gpus = () if self.gpu is None else tuple(g.uuid for g in here.gpus)
        noisy = probe and self.gpu is None and any(t.round for t in self.work.timed)
        found = conditions(here, self.settings, gpus, probe=noisy, started=now)
        self.writer.add_conditions(found)
        return found

    def run(self, view: View) -> None:
        self.writer.add_environment(self.hello.environment)
        done = frozenset((r.key, r.round) for r in self.done)
        here = Session(self.work, self.writer, self.hello.environment.id, view, done)
        for record in self.done:
            here.seen(record)
        here.run(self._execute)

    def _execute(self, tasks: Iterable[Task]) -> Iterator[Record]:
        return executors.local(tasks, self.start)


def fresh(
    name: str,
    asked: Asked,
    results: Path,
    *,
    settings: Settings = Settings(),
    seed: int | None = None,
) -> Prepared:
    """A new run folder below `results`. Everything is checked before the folder is made.

    Raises AttnbenchError for a suite, head, option, axis, device or folder that cannot be.
    """
    suite, text = read_suite(suite_path(name))
    suite = asked.of(suite)
    info = RunInfo(
        suite=suite.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        attnbench=attnbench.__version__,
        seed=random.SystemRandom().randrange(2**31) if seed is None else seed,
        device=asked.device,
        threads=settings.threads,
        sdpa=settings.sdpa,
        cudnn_benchmark=settings.cudnn_benchmark,
        asked={"head": asked.heads, "only": asked.only, "set": asked.settings},
    )
    hello, kind, gpu = _greet(suite, info)
    writer = RunWriter.create(results, replace(info, device=(gpu and f"cuda:{gpu}") or kind), text)
    return _prepared(suite, info, kind, gpu, hello, writer)


def resumed(path: Path) -> Prepared:
    """The run in folder `path`, with what it has already."""
    run = read_run(path)
    if not run.suite_text:
        raise StoreError(f"{path}: its suite.toml is gone; it can be reported but not resumed")
    asked = Asked(*(run.info.asked.get(k, ()) for k in ("head", "only", "set")), run.info.device)
    suite = asked.of(parse_suite(run.suite_text, run.info.suite, str(path / "suite.toml")))
    hello, kind, gpu = _greet(suite, run.info)
    done = tuple(session.reusable(run.records, hello.environment.id))
    return _prepared(suite, run.info, kind, gpu, hello, RunWriter(path), done)


def _greet(suite: Suite, info: RunInfo) -> tuple[Hello, str, str | None]:
    """Starts a worker to ask what this machine is, and whether it can build every head."""
    with TemporaryDirectory(prefix="attnbench-") as folder:
        worker = Worker(Path(folder) / LOG, info.settings)
        try:
            kind, gpu = session.resolve_device(info.device, worker.hello.devices)
            session.check_heads(suite, lambda tasks: map(worker.do, tasks))
        finally:
            worker.stop()
        if gpu is not None:  # its view of the machine is that of one GPU: environments must agree
            worker = Worker(Path(folder) / LOG, info.settings, gpu)
            worker.stop()
        return worker.hello, kind, gpu


def _prepared(
    suite: Suite, info: RunInfo, kind: str, gpu: str | None, hello: Hello, writer: RunWriter,
    done: tuple[Record, ...] = (),
) -> Prepared:  # fmt: skip
    start = partial(Worker, writer.path / LOG, info.settings, gpu)
    work = session.work(suite, kind, info.seed)
    return Prepared(suite, work, writer, hello, info.settings, gpu, start, done)
