"""A gate from what was typed to what was found: both sides, the exact tier, then the timed one."""

import random
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from attnbench.errors import AttnbenchError, SuiteError
from attnbench.gate import exact, timed
from attnbench.gate.baseline import Baseline, baseline
from attnbench.gate.checkout import GitError, checked_out, dirt, refuse_changes, working_tree
from attnbench.gate.decide import decide_pairs
from attnbench.gate.halves import Half, opened, run_info
from attnbench.gate.outputs import write
from attnbench.gate.own_code import OwnCode, own_code
from attnbench.gate.plan import Plan, Tier, plan
from attnbench.gate.result import Change, Gate
from attnbench.gate.rules import Rules, with_changes
from attnbench.gate.stored import GATE
from attnbench.gate.versions import Version
from attnbench.record import Environment, Record
from attnbench.run.asked import Asked
from attnbench.run.executors import spread
from attnbench.run.places import visible
from attnbench.run.session import resolve_device
from attnbench.run_folders import new_folder
from attnbench.suite import Suite
from attnbench.suite_file import read_suite, suite_path
from attnbench.trial import Settings, Task

GATE_SUITE = "gate"  # of no suite in particular; folders of all gates end in it
Tell = Callable[[str, int, int], None]  # what is done, how much of it, of how much


@dataclass(frozen=True)
class Wanted:
    """What a user asks of a gate: `base` is a commit, or `baseline` a folder of records.

    `rules` are those that the user changed, by name; the suite has the others.
    """

    suite: str = GATE_SUITE
    base: str = ""
    baseline: str = ""
    tier: Tier = "all"
    asked: Asked = Asked()
    settings: Settings = Settings()
    rules: dict[str, object] = field(default_factory=dict)
    seed: int | None = None
    results: Path = Path("results")
    allow_dirty: bool = False
    allow_mismatch: bool = False


def judge(wanted: Wanted, tell: Tell = lambda *_: None) -> tuple[Gate, Rules, Path]:
    """What the change did, by which rules, and the folder where that is stored.

    Raises AttnbenchError.
    """
    suite, text = read_suite(suite_path(wanted.suite))
    suite = wanted.asked.of(suite)
    suite = replace(suite, gate=with_changes(suite.gate, wanted.rules))
    cells = plan(suite, "cpu", wanted.tier, 0).timed
    if cells:  # what is wrong with the suite is said before anything starts
        decide_pairs(suite.gate, len(cells))
    seed = random.SystemRandom().randrange(2**31) if wanted.seed is None else wanted.seed
    with ExitStack() as stack:
        versions, notes = _versions(wanted, stack)
        stored = baseline(wanted.baseline, wanted.results) if wanted.baseline else None
        name = GATE_SUITE if suite.name == GATE_SUITE else f"{suite.name}-{GATE_SUITE}"
        folder = new_folder(wanted.results, name)
        try:
            gate = _Judging(wanted, suite, text, seed, tell, folder, stored).gate(versions, notes)
        except AttnbenchError:
            if not any(f.stat().st_size for f in folder.rglob("records.jsonl")):
                shutil.rmtree(folder)
            raise
    write(gate, {"json": folder / GATE})
    return gate, suite.gate, folder


@dataclass
class _Judging:
    """The work of one gate in its folder."""

    wanted: Wanted
    suite: Suite
    text: str
    seed: int
    tell: Tell
    folder: Path
    stored: Baseline | None

    def gate(self, versions: Sequence[Version], notes: list[str]) -> Gate:
        started, clock = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()
        with ExitStack() as stack:
            asked = (self.suite.name, self.seed, self.wanted.asked, self.wanted.settings)
            how = (self.folder, run_info(*asked), self.text)
            halves = {v.role: stack.enter_context(opened(v, *how)) for v in versions}
            head = halves["head"]
            hello = head.slot.hello()
            device, gpus = resolve_device(self.wanted.asked.device, hello.devices)
            gpu = visible(gpus[0]) if gpus else None
            planned = plan(self.suite, device, self.wanted.tier, self.seed)
            notes += _others(planned)
            if self.stored is not None:
                here = _seen(head, gpu) if gpu else hello.environment
                notes += self.stored.compared(here, planned, allowed=self.wanted.allow_mismatch)
            notes += _without_metrics(planned, halves)
            found = self._exact(planned, halves)
            times = timed.Times()
            if planned.timed:
                how = (gpu, self.tell, halves, self.stored)
                clocks = timed.Clocks(self.suite, self.seed, *how)
                times = timed.run(planned.timed, self.suite, clocks, halves)
        base = halves["base"].side() if "base" in halves else self.stored.side
        return Gate(
            suite=self.suite.name, base=base, head=head.side(), exact=tuple(found),
            timed=times.cells, level=self.suite.gate.level, pairs=times.pairs,
            needed=times.needed, detectable=times.detectable, seed=self.seed, started=started,
            seconds=round(time.monotonic() - clock, 3), notes=tuple(notes),
        )  # fmt: skip

    def _exact(self, planned: Plan, halves: dict[str, Half]) -> list[Change]:
        gone = [] if self.stored or not planned.exact else self._removed(planned, halves)
        records = {role: self._counted(planned.exact, half) for role, half in halves.items()}
        if self.stored is not None:
            records["base"] = self.stored.records
        found = []
        for task in planned.exact:
            key, missing = task.trial.key, []
            for role, half in halves.items():
                if reason := half.version.lacks(task.trial):
                    missing.append(exact.lacking(task.trial, role, reason))
            if missing:
                found += missing[:1] if len(missing) == 1 else []
            elif key in records["base"]:
                found += exact.changes(records["base"][key], records["head"][key], self.suite.gate)
            else:
                found.append(exact.lacking(task.trial, "base", "no record of it"))
        return [*found, *gone]

    def _counted(self, tasks: Sequence[Task], half: Half) -> dict[str, Record]:
        """Records of the exact tier by key. A head that a version has not is left out."""
        unknown = half.version.lacks_metrics()
        mine = [
            replace(t, metrics=tuple(m for m in t.metrics if m not in unknown))
            for t in tasks
            if not half.version.lacks(t.trial)
        ]
        found = {}
        with closing(spread([mine], [half.slot])) as records:
            for record in records:
                half.keep(record)
                found[record.key] = record
                self.tell(f"counting {half.version.role}", len(found), len(mine))
        half.slot.stop()
        return found

    def _removed(self, planned: Plan, halves: dict[str, Half]) -> list[Change]:
        """Heads that only the base has: no suite of the head side can name them."""
        if self.wanted.asked.only:
            return []
        before, now = (halves[role].version.heads() for role in ("base", "head"))
        first = planned.exact[0].trial
        return [
            exact.lacking(replace(first, head=name, options={}), "head", f"no head {name}")
            for name in sorted(before - now if now else ())
        ]


def _versions(wanted: Wanted, stack: ExitStack) -> tuple[list[Version], list[str]]:
    """Base, if it is to be measured, and head: the working tree, or what is installed."""
    if bool(wanted.base) == bool(wanted.baseline):
        raise SuiteError("what is the base? --base origin/main, or --baseline results/RUN")
    here = Path.cwd()
    try:
        tree = working_tree(here)
    except GitError:
        if wanted.base:
            raise
        head = Version("head", "installed", here, here, settings=wanted.settings)
        return [head], []
    if wanted.base and not wanted.allow_dirty:
        refuse_changes(tree)
    notes = [dirt(tree)] if tree.changed else []
    how = {"settings": wanted.settings, "own": own_code(tree.root) if wanted.base else OwnCode()}
    head = Version("head", "working tree", tree.root, tree.folder, tree.commit, **how)
    if not wanted.base:
        return [head], notes
    base = stack.enter_context(checked_out(tree, wanted.base))
    if base.commit == tree.commit and not tree.changed:
        notes.append(f"{wanted.base} is the very commit of the working tree")
    version = Version("base", wanted.base, base.root, base.folder, base.commit, **how)
    return [version, head], notes


def _seen(head: Half, gpu: str) -> Environment:
    """The environment of what is timed: of a worker that sees one card."""
    worker = replace(head.version, gpu=gpu).start(head.log)
    worker.stop()
    return worker.hello.environment


def _others(planned: Plan) -> list[str]:
    if not planned.others:
        return []
    return [f"not compared, being neither count, output nor latency: {', '.join(planned.others)}"]


def _without_metrics(planned: Plan, halves: dict[str, Half]) -> list[str]:
    asked = {m for task in planned.exact for m in task.metrics}
    return [
        f"{role} {half.version.name} has no metric {', '.join(sorted(missing))}: not compared"
        for role, half in halves.items()
        if (missing := asked & half.version.lacks_metrics())
    ]
