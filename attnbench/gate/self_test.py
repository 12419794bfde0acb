"""How often the gate is wrong on this machine: gates of code against itself, some cells slower.

Every gate decides all its cells by the rule of the command. Half of them are the very same on both
sides; in the rest the head side is slower by a known part, planted into its worker.
"""

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import cycle
from math import ceil, inf
from pathlib import Path

from attnbench.errors import SuiteError
from attnbench.gate.checkout import GitError, working_tree
from attnbench.gate.decide import Decision, Seconds, decide, decide_pairs
from attnbench.gate.halves import Half, opened, run_info
from attnbench.gate.outputs import put
from attnbench.gate.plan import plan
from attnbench.gate.rules import with_changes
from attnbench.gate.self_test_result import SIZES, Judged, SelfTest, as_json
from attnbench.gate.timed import Clocks
from attnbench.gate.versions import PARTS, PLANTED, Version
from attnbench.run.asked import Asked
from attnbench.run.places import visible
from attnbench.run.session import resolve_device
from attnbench.run_folders import SELF_TEST, new_folder
from attnbench.suite import Suite
from attnbench.suite_file import read_suite, suite_path
from attnbench.trial import Settings, Trial

DECISIONS = 200  # on cells where nothing is planted
ROUNDS_A_GATE = 1000  # so that no two gates of a self-test share the number of a round


@dataclass(frozen=True)
class Trying:
    """What is asked of a self-test: an end by the clock, or by decisions on what is the same."""

    suite: str = "self-test"
    asked: Asked = Asked()
    settings: Settings = Settings()
    rules: dict[str, object] = field(default_factory=dict)
    seed: int | None = None
    results: Path = Path("results")
    decisions: int = DECISIONS
    minutes: float = inf


def self_test(
    trying: Trying, tell: Callable[[str, int, int], None] = lambda *_: None
) -> Iterator[tuple[SelfTest, Path]]:
    """What is known after each gate, and the folder; it is stored there before it is given.

    Raises AttnbenchError.
    """
    suite, text = read_suite(suite_path(trying.suite))
    suite = trying.asked.of(suite)
    suite = replace(suite, gate=with_changes(suite.gate, trying.rules))
    seed = random.SystemRandom().randrange(2**31) if trying.seed is None else trying.seed
    decide_pairs(suite.gate, len(plan(suite, "cpu", "timed", seed).timed))
    folder = new_folder(trying.results, "self-test")
    info = run_info(suite.name, seed, trying.asked, trying.settings)
    with ExitStack() as stack:
        halves = {
            v.role: stack.enter_context(opened(v, folder, info, text)) for v in _versions(trying)
        }
        hello = halves["head"].slot.hello()
        for half in halves.values():
            half.slot.stop()
        device, gpus = resolve_device(trying.asked.device, hello.devices)
        cells = plan(suite, device, "timed", seed).timed
        pairs, needed = decide_pairs(suite.gate, len(cells))
        found = SelfTest(
            suite.name, seed, hello.environment, suite.gate.level, suite.gate.margin, pairs,
            needed, datetime.now(UTC).isoformat(timespec="seconds"),
        )  # fmt: skip
        clocks = Clocks(suite, seed, visible(gpus[0]) if gpus else None, tell, halves)
        for decided, seconds in _gates(trying, suite, cells, clocks, halves, seed, pairs):
            found = replace(found, decisions=(*found.decisions, *decided), seconds=seconds)
            put(as_json(found), folder / SELF_TEST)
            yield found, folder


def _gates(
    trying: Trying, suite: Suite, cells: Sequence[Trial], clocks: Clocks,
    halves: dict[str, Half], seed: int, pairs: int,
) -> Iterator[tuple[list[Judged], float]]:  # fmt: skip
    """Decisions of one gate after the other, with the seconds that all took, until there are enough
    or another would not end in time.
    """
    begun, longest, plain, number = time.monotonic(), 0.0, 0, 0
    head, total = halves["head"], ceil(trying.decisions / max(_plain(len(cells)), 1))
    while plain < trying.decisions:
        since = time.monotonic()
        if number and (since - begun + longest) / 60 > trying.minutes:
            return
        parts = assigned(cells, seed, number)
        told = json.dumps({key: part for key, part in parts.items() if part})
        head.version = replace(head.version, variables={PARTS: told})
        clock = _OneGate(clocks, number, max(total, number + 1))
        decisions, _ = decide(cells, clock, suite.gate, pairs)
        judged = [_judged(number, parts[d.trial.key], d) for d in decisions]
        if not judged:
            raise SuiteError(f"suite {suite.name}: no cell could be timed; see {head.log}")
        plain += sum(not d.planted for d in judged)
        number += 1
        longest = max(longest, time.monotonic() - since)
        yield judged, round(time.monotonic() - begun, 3)


@dataclass
class _OneGate:
    """The clock of one gate of many: rounds have numbers of its own."""

    clocks: Clocks
    number: int
    gates: int
    paired: bool = True

    def times(self, cells: Sequence[Trial], rounds: range, what: str) -> list[Seconds]:
        first = self.number * ROUNDS_A_GATE
        shifted = range(first + rounds.start, first + rounds.stop)
        return self.clocks.times(cells, shifted, f"gate {self.number + 1} of {self.gates}: {what}")


def assigned(cells: Sequence[Trial], seed: int, number: int) -> dict[str, float]:
    """By key, how much slower a cell is in a gate: half by nothing, the rest by SIZES in turn."""
    order = sorted(cell.key for cell in cells)
    random.Random(f"{seed}:{number}").shuffle(order)  # noqa: S311 an order, not a secret
    plain = _plain(len(order))
    start = number * (len(order) - plain) % len(SIZES)
    sizes = cycle((*SIZES[start:], *SIZES[:start]))
    return dict.fromkeys(order[:plain], 0.0) | dict(zip(order[plain:], sizes, strict=False))


def _plain(cells: int) -> int:
    return ceil(cells / 2)


def _judged(number: int, part: float, d: Decision) -> Judged:
    again = None if d.again is None else d.again.seconds
    p = float(d.first.tested.p_slower)
    return Judged(number, d.trial, part, d.answer, p, d.first.seconds, again)


def _versions(trying: Trying) -> list[Version]:
    """The working tree, or what is installed, twice."""
    here = Path.cwd()
    try:
        tree = working_tree(here)
        where = (tree.root, tree.folder, tree.commit)
    except GitError:
        where = (here, here, "")
    how = {"settings": trying.settings, "module": PLANTED}
    return [Version(role, "the same code", *where, **how) for role in ("base", "head")]
