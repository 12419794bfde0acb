"""When to take a sample, how many calls go into it, which ones count, and when there are enough."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from attnbench import stats
from attnbench.measure._device import State
from attnbench.stopwatch import WARM_UP, WINDOWS, Stopwatch
from attnbench.trial import Budget

CLOCK_TICKS = 100  # a sample is that many resolutions of the clock long, to err by 1 % at most
WARM_WITHIN = 0.05  # what two medians of laps in a row may differ by when a device is warm
FIRST_IS_SLOWER = 100  # times, at most: what one call that came before says of the next ones
LONGEST_WARM_UP = 5  # times the asked one: a warm-up need not ever settle
DISCARDED_AT_MOST = 0.25  # of the samples; with more of them, what is left is no fair choice
SETTLED_FROM = 40  # samples, before one asks whether their spread has settled
SETTLED_WITHIN = 0.05


@dataclass(frozen=True)
class Lap:
    """`calls` calls of a step: seconds on the device, seconds of the host to issue them."""

    seconds: float
    host: float = 0.0
    state: State = State()


Laps = Callable[[int], Lap]  # makes that many calls


@dataclass(frozen=True)
class Samples:
    """Seconds a call, one value a sample; `calls` went into each; `stopped` says why it ended.

    `host` is the median of the seconds that the host took to issue a call, `notes` tell what
    disturbed the samples: a warm-up that did not settle, clocks that were held down.
    """

    values: tuple[float, ...]
    calls: int
    stopped: str
    host: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def median(self) -> float:
        return stats.median(self.values).value


def sample(
    laps: Laps,
    budget: Budget,
    *,
    resolution: float = 0.0,
    warmed: float = 0.0,
    spent: Stopwatch | None = None,
) -> Samples:
    """Warm up by time, find how many calls the clock needs, then sample until there are enough.

    `warmed` are the seconds of the first call, made already: it counts as warm-up. Enough is, from
    `budget.min_samples` on: the interval of the median is within `budget.precision`, or the spread
    no longer changes, so that more samples would only repeat it, or the samples have taken
    `budget.max_seconds`. Time is what `laps` tell: nothing here looks at a clock but `spent`.
    """
    spent = spent or Stopwatch()
    calls, long_enough = 1, max(budget.min_sample_seconds, CLOCK_TICKS * resolution)
    slow = warmed >= FIRST_IS_SLOWER * long_enough  # a head of 20 s is not run once more
    with spent.on(WARM_UP):
        took, settled = _warm_up(laps, budget, warmed, took=warmed if slow else 0.0)
        # Doubling, not adding: a head may take 20 us or 20 s, and neither should cost minutes.
        while took < long_enough:
            calls *= 2
            took = laps(calls).seconds
    taken: list[Lap] = []
    while True:
        with spent.on(WINDOWS):
            taken.append(laps(calls))
        kept = _undisturbed(taken)
        values = [lap.seconds / calls for lap in kept]
        sampled = sum(lap.seconds for lap in taken)
        if stopped := _enough(values, sampled, budget):
            break
    return Samples(
        values=tuple(values),
        calls=calls,
        stopped=stopped,
        host=stats.median([lap.host / calls for lap in kept]).value,
        notes=(*([] if settled else ["warm-up did not settle"]), *_told(taken, len(kept))),
    )


def _warm_up(laps: Laps, budget: Budget, spent: float, took: float) -> tuple[float, bool]:
    """Seconds of the last call, and whether the calls had become alike by then."""
    each: list[float] = []
    until, longest = budget.warmup_seconds, LONGEST_WARM_UP * budget.warmup_seconds
    while True:
        while not took or spent < until:
            took = laps(1).seconds
            spent += took
            each.append(took)
        if _alike(each) or spent >= longest:
            return took, _alike(each)
        until += budget.warmup_seconds / 2  # a look at every call would cost more than short calls


def _alike(each: list[float]) -> bool:
    """Whether the last third of the calls is as fast as the third before. Few cannot tell."""
    third = len(each) // 3
    if third < 3:
        return True
    before, last = (stats.median(part).value for part in (each[-2 * third : -third], each[-third:]))
    return abs(last - before) <= WARM_WITHIN * before


def _undisturbed(taken: list[Lap]) -> list[Lap]:
    """Without the samples of a device that was slowed down; all of them, if those are too many."""
    kept = [lap for lap in taken if not lap.state.slowed]
    return kept if len(taken) - len(kept) <= DISCARDED_AT_MOST * len(taken) else taken


def _enough(values: list[float], spent: float, budget: Budget) -> str:
    """Why sampling may end now, or nothing."""
    if len(values) < budget.min_samples:
        return ""
    middle = stats.blocked_median(values)
    if middle.known and (middle.high - middle.low) / 2 <= budget.precision * middle.value:
        return "precision reached"
    if spent >= budget.max_seconds:
        return "budget spent"
    return "spread settled" if _settled(values) else ""


def _settled(values: list[float]) -> bool:
    """Whether half, three quarters and all of the samples have the same spread."""
    n = len(values)
    if n < SETTLED_FROM or n % 8:  # each look costs more than a short sample
        return False
    low, _, high = sorted(stats.spread(values[:part]) for part in (n // 2, 3 * n // 4, n))
    return high - low <= SETTLED_WITHIN * high


def _told(taken: list[Lap], kept: int) -> list[str]:
    """At what clock the samples ran; what slowed the device down, and what was done about it."""
    clocks = [lap.state.clock_mhz for lap in taken if lap.state.clock_mhz]
    ran = [f"SM clock {min(clocks)} to {max(clocks)} MHz"] if clocks else []
    slowed = [lap for lap in taken if lap.state.slowed]
    if not slowed:
        return ran
    reasons = Counter(reason for lap in slowed for reason in lap.state.slowed)
    why = ", ".join(f"{reason} (x{n})" for reason, n in sorted(reasons.items()))
    done = "left out" if kept < len(taken) else "too many to leave out, kept"
    return [*ran, f"slowed down in {len(slowed)} of {len(taken)} samples by {why}: {done}"]
