"""Runs a small sweep some hundred times, and each time something goes wrong at a random moment.

It is the command line as a user types it, with workers that answer in milliseconds and, by plan,
crash, hang, swell, babble or leave processes behind; from outside, workers, keepers and the run
itself are killed or stopped, and the disk fills up. A run that ended early is taken up again until
it is done. Then: every record that was ever whole is there, none is there twice, none is missing,
each fault has the status that it should, no process is left, and no traceback was shown.

    python tests/run/fault_campaign.py --runs 300 --seed 1 --jobs 2
"""

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from attnbench.errors import StoreError
from attnbench.run.keeper import descendants
from attnbench.store import read_info, read_run

SUITE = """
title    = "tiny"
question = "does it hold?"
heads    = ["fcn", "ema"]

[[sweep]]
device   = "meta"
metrics  = ["params"]
channels = 16
size     = [4, 6]

[[sweep]]
metrics  = ["memory", "latency"]
channels = 16
size     = [4, 6]

[budget]
rounds = 2

[limits]
seconds = 1.5
"""
CHECKS, RECORDS = 2, 2 * 2 + 2 * 2 * 2
TASKS = CHECKS + RECORDS

# What a worker does, and the status that its trial then has.
INSIDE = {
    "sigkill": "crashed", "sigsegv": "crashed", "sigstop": "timeout", "group": "crashed",
    "ends": "crashed", "hangs": "timeout", "balloon": "oom", "bad_alloc": "oom",
    "error": "error", "garbage": "crashed", "deep": "crashed", "endless": "crashed",
    "torn": "crashed", "other": "crashed", "prints": "ok", "child": "ok",
    "child_then_hangs": "timeout", "daemon": "ok", "daemon_then_dies": "crashed", "fork": "ok",
    "thread": "ok", "thread_then_exits": "crashed",
}  # fmt: skip
# What is done to a process of the run, and to which.
OUTSIDE = {
    "worker killed": (signal.SIGKILL, "worker"),
    "worker segfaults": (signal.SIGSEGV, "worker"),
    "worker stopped": (signal.SIGSTOP, "worker"),
    "keeper killed": (signal.SIGKILL, "keeper"),
    "keeper stopped": (signal.SIGSTOP, "keeper"),
    "run killed": (signal.SIGKILL, "run"),
    "run terminated": (signal.SIGTERM, "run"),
    "run interrupted": (signal.SIGINT, "run"),
}
DISK = "disk full"
FAULTS = [*INSIDE, *OUTSIDE, *["run killed"] * 6, *[DISK] * 4]
TOKEN = "FAULT_CAMPAIGN"  # in the environment of all that a run starts
LONGEST, ATTEMPTS = 60.0, 6  # s of a command, and how often it is typed
GONE_SECONDS = 5.0  # the kernel takes a moment


@dataclass(frozen=True)
class Case:
    """One run: its fault, tasks at which a worker fails, and when or at which size it happens."""

    number: int
    fault: str
    plan: dict[int, str]
    delay: float
    bytes: int


@dataclass
class Outcome:
    """What came of it. `fired`: the fault happened before the run was done."""

    case: Case
    statuses: Counter = field(default_factory=Counter)
    commands: int = 0
    fired: bool = False
    lost: int = 0
    duplicates: int = 0
    missing: int = 0
    orphans: int = 0
    tracebacks: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        bad = (self.lost, self.duplicates, self.missing, self.orphans, self.tracebacks)
        return not any(bad) and not self.wrong


def cases(runs: int, seed: int) -> Iterator[Case]:
    """The same for the same seed. Every fault comes up equally often, in random order."""
    left: list[str] = []
    for number in range(runs):
        rng = random.Random(f"{seed}:{number}")
        if not left:
            left = rng.sample(FAULTS, len(FAULTS))
        fault = left.pop()
        plan = {
            rng.randrange(TASKS): rng.choice(list(INSIDE)) for _ in range(rng.choice([0, 0, 1, 2]))
        }
        if fault in INSIDE:
            plan[rng.randrange(TASKS)] = fault
        yield Case(number, fault, plan, rng.uniform(0, 2), rng.randrange(200, 9000))


def happens(case: Case) -> Outcome:
    """Does one run to its end, whatever it takes, and looks at what is left."""
    outcome, token = Outcome(case), uuid4().hex
    with TemporaryDirectory(prefix="faults-") as name:
        folder = Path(name)
        (folder / "tiny.toml").write_text(SUITE)
        (folder / "plan.json").write_text(json.dumps(case.plan))
        (folder / "results").mkdir()
        with disk(folder / "results", case) as grow:
            kept = b""
            for attempt in range(ATTEMPTS):
                code = command(folder, case, outcome, token, first=attempt == 0)
                kept = lines_kept(folder, kept, outcome)
                if code == 0:
                    break
                grow()
            else:
                outcome.wrong.append("it never ended")
            judge(folder, outcome)
    return outcome


def command(folder: Path, case: Case, outcome: Outcome, token: str, *, first: bool) -> int:
    """Types `attnbench run`, as new or resumed; the fault from outside happens the first time."""
    outcome.commands += 1
    path = run_folder(folder)
    asked = ["--resume", path] if path else ["--suite", "tiny.toml", "--seed", "1"]
    words = [sys.executable, "-m", "tests.run.fake_attnbench", "run", "--no-probe", *asked]
    paths = os.pathsep.join(p for p in sys.path if p)
    named = {TOKEN: token, "FAULT_PLAN": str(folder), "PYTHONPATH": paths}
    small = first and case.fault == DISK and not may_mount()
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        run = subprocess.Popen(
            words,
            cwd=folder,
            env=os.environ | named,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            preexec_fn=lambda: begin(case.bytes if small else None),
        )
        if first and case.fault in OUTSIDE:
            outcome.fired = strike(run, *OUTSIDE[case.fault], case.delay)
        try:
            code = run.wait(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            outcome.wrong.append("it hung")
            run.kill()
            code = run.wait()
    outcome.fired |= case.fault == DISK and first and code == 2
    listen(folder, code, outcome)
    outcome.orphans += len(orphans(token))
    return code


def begin(most: int | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background is deaf to Ctrl-C
    if most is not None:  # bytes of a file: the write beyond fails, as on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


def strike(run: subprocess.Popen, what: signal.Signals, whom: str, delay: float) -> bool:
    """Signals a process of the run after a delay, or as soon as there is one."""
    time.sleep(delay)
    while run.poll() is None:
        keepers, workers = family(run.pid)
        # Before its first worker a run is Python starting up, deaf to us: nothing is begun.
        found = {"run": [run.pid], "keeper": keepers, "worker": workers}[whom]
        if found and (keepers or what == signal.SIGKILL):
            try:
                os.kill(found[-1], what)
            except ProcessLookupError:
                continue
            return True
        time.sleep(0.005)
    return False


def family(run: int) -> tuple[list[int], list[int]]:
    """Keepers and workers of a run."""
    keepers, workers = [], []
    for pid in descendants(run):
        words = of_process(pid, "cmdline").split(b"\0")
        if b"attnbench.run.keeper" in words:
            keepers.append(pid)
        elif b"tests.run.fake_worker" in words:
            workers.append(pid)
    return keepers, workers


def listen(folder: Path, code: int, outcome: Outcome) -> None:
    """What the user was shown: no traceback, and one line where it is said what is wrong."""
    out, err = ((folder / n).read_text(errors="replace") for n in ("stdout", "stderr"))
    outcome.tracebacks += "Traceback" in out + err
    if "Traceback" in out + err:
        outcome.wrong.append(err[-2000:])
    ends = {0, 2, 130, -signal.SIGKILL, -signal.SIGTERM}
    if code not in ends:
        outcome.wrong.append(f"exit code {code}: {err[-500:]}")
    if code == 2 and sum(line.startswith("error: ") for line in err.splitlines()) != 1:
        outcome.wrong.append(f"exit code 2 without a line that says why: {err[-500:]}")


def orphans(token: str) -> list[int]:
    """Processes of the run that are still there some seconds after; they are then ended."""
    mark, end = f"{TOKEN}={token}".encode(), time.monotonic() + GONE_SECONDS
    while left := [pid for pid in pids() if mark in of_process(pid, "environ").split(b"\0")]:
        if time.monotonic() > end:
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            return left
        time.sleep(0.01)
    return []


def pids() -> list[int]:
    return [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit()]


def of_process(pid: int, what: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except OSError:
        return b""


def run_folder(folder: Path) -> Path | None:
    """That of the run, once it is begun."""
    for path in sorted((folder / "results").iterdir()):
        try:
            read_info(path)
        except StoreError:
            continue
        return path
    return None


def lines_kept(folder: Path, before: bytes, outcome: Outcome) -> bytes:
    """The whole lines of the records; those of the time before must be among them, unchanged."""
    path = run_folder(folder)
    file = path / "records.jsonl" if path else folder / "none"
    text = file.read_bytes() if file.exists() else b""
    now = text[: text.rfind(b"\n") + 1]
    if not now.startswith(before):
        outcome.lost += len(set(before.splitlines()) - set(now.splitlines()))
    return now


def judge(folder: Path, outcome: Outcome) -> None:
    path = run_folder(folder)
    if path is None:
        outcome.wrong.append("no run")
        return
    records = read_run(path).records
    seen = Counter((r.key, r.round) for r in records)
    outcome.statuses = Counter(r.status for r in records)
    outcome.duplicates = sum(n - 1 for n in seen.values())
    outcome.missing = RECORDS - len(seen)
    status = {(r.key, r.round): r.status for r in records}
    file = folder / "fired"
    fired = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
    outcome.fired |= any(what == outcome.case.fault for what, *_ in fired)
    if outcome.case.fault not in INSIDE:  # a task may have been done twice, its record unsaid
        return
    for what, key, number, metrics in fired:
        found = status[key, int(number)] if metrics != "0" else INSIDE[what]
        if found != INSIDE[what]:
            outcome.wrong.append(f"{what} gave {found}")


@contextmanager
def disk(place: Path, case: Case) -> Iterator:
    """A small file system in the place of the results, where it may be made; `grow` enlarges it."""
    if case.fault != DISK or not may_mount():
        yield lambda: None
        return
    kib = 4 * (case.bytes // 1000)  # pages: nothing at all to a few records
    mount("-t", "tmpfs", "-o", f"size={max(kib, 4)}k", "none", str(place))
    try:
        yield lambda: mount("-o", "remount,size=4m", str(place))
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


def may_mount(tried: list[bool] = []) -> bool:  # noqa: B006 tried once
    if not tried:
        with TemporaryDirectory() as name:
            words = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", name]
            try:
                tried.append(subprocess.run(words, capture_output=True).returncode == 0)
            except OSError:
                tried.append(False)
            if tried[0]:
                subprocess.run(["umount", name], check=True)
    return tried[0]


def campaign(planned: Sequence[Case], jobs: int) -> list[Outcome]:
    """Of every case, `jobs` at a time. Tells on stderr how far it is."""
    may_mount()
    outcomes = []
    with ThreadPoolExecutor(jobs) as pool:
        for outcome in pool.map(happens, planned):
            outcomes.append(outcome)
            if len(outcomes) % 20 == 0 or not outcome.clean:
                bad = sum(not o.clean for o in outcomes)
                print(
                    f"{len(outcomes)} of {len(planned)} runs, {bad} bad",
                    file=sys.stderr,
                    flush=True,
                )
    return outcomes


def table(outcomes: list[Outcome]) -> Iterator[str]:
    names = ("ok", "oom", "timeout", "crashed", "error", "skipped")
    yield f"{'fault':18} runs fired commands  " + " ".join(f"{n:>7}" for n in names)
    for fault in dict.fromkeys(FAULTS):
        these = [o for o in outcomes if o.case.fault == fault]
        statuses = sum((o.statuses for o in these), Counter())
        counts = " ".join(f"{statuses[n]:7}" for n in names)
        fired, commands = sum(o.fired for o in these), sum(o.commands for o in these)
        yield f"{fault:18} {len(these):4} {fired:5} {commands:8}  {counts}"
    bad = ("lost", "duplicates", "missing", "orphans", "tracebacks")
    counts = ", ".join(f"{sum(getattr(o, n) for o in outcomes)} {n}" for n in bad)
    extra = sum(len(o.case.plan) for o in outcomes)
    commands = sum(o.commands for o in outcomes)
    yield f"{len(outcomes)} runs, {commands} commands, {extra} faults planned inside workers"
    yield f"{counts}, {sum(len(o.wrong) for o in outcomes)} otherwise wrong"
    for outcome in outcomes:
        if not outcome.clean:
            yield f"{outcome}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Faults by the hundred; exit 1 if one did harm.")
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    asked, begun = parser.parse_args(), time.monotonic()
    outcomes = campaign(list(cases(asked.runs, asked.seed)), asked.jobs)
    print("\n".join(table(outcomes)))
    how = (
        "a small tmpfs" if may_mount() else "a limit on the size of files: no tmpfs may be mounted"
    )
    print(f"disk full by {how}; {time.monotonic() - begun:.0f} s")
    return 0 if all(o.clean for o in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
