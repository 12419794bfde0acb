"""The rule of the timed tier on numbers whose truth is known, and why simpler rules do not do."""

from itertools import product
from math import log

import numpy as np
import pytest
from scipy import stats as scipy_stats

from attnbench import stats
from attnbench.errors import SuiteError
from attnbench.gate import rule
from attnbench.gate.decide import decide, decide_pairs
from attnbench.gate.rules import Rules
from attnbench.trial import Shape, Trial


def test_the_test_counts_the_choices_of_signs_that_give_as_much():
    x = np.array([0.3, -0.1, 0.2, 0.4])
    sums = [
        sum(s * v for s, v in zip(signs, x, strict=True)) for signs in product((1, -1), repeat=4)
    ]

    assert rule.flips(x) == pytest.approx(sum(s >= 0.8 - 1e-9 for s in sums) / 16)
    assert rule.flips(np.full(12, 0.1)) == 2**-12
    assert rule.flips(np.zeros(6)) == 1.0


def test_many_gates_at_once_are_as_many_one_by_one():
    x = np.random.default_rng(1).normal(size=(7, 3, 9))
    together = rule.tested(x)

    for i, j in product(range(7), range(3)):
        alone = rule.tested(x[i, j])
        middle = stats.median(x[i, j])
        assert together.p_slower[i, j] == alone.p_slower
        assert (together.low[i, j], together.high[i, j]) == (middle.low, middle.high)
        assert together.value[i, j] == middle.value


def test_holm_stops_at_the_first_that_is_not_small_enough():
    p = np.array([0.04, 0.001, 0.02, 0.012])  # against .05 / 4, .05 / 3, .05 / 2, .05

    assert rule.holm(p, 0.05).tolist() == [True, True, True, True]
    p[2] = 0.026
    assert rule.holm(p, 0.05).tolist() == [False, True, False, True]


@pytest.mark.parametrize(
    ("cells", "level", "pairs"), [(40, 0.01, 12), (14, 0.01, 11), (1, 0.05, 6)]
)
def test_fewer_pairs_than_the_level_needs_are_none(cells, level, pairs):
    assert rule.needed_pairs(cells, level) == pairs
    assert cells == 1 or 2.0**-pairs <= level / cells < 2.0 ** -(pairs - 1)


def test_more_cells_than_the_exact_test_can_tell_are_refused():
    with pytest.raises(SuiteError, match="time 655 cells at most"):
        rule.needed_pairs(656, 0.01)
    with pytest.raises(SuiteError, match="17 pairs: the exact test can do 16 at most"):
        decide_pairs(Rules(pairs=17), 10)


class Machine:
    """Seconds of `cells` in pairs of processes, on a machine with the vices of a shared one.

    Samples of a process follow one another (AR(1), `after`); each process is off by a part of its
    own, so that `icc` of the variance is between processes; the machine drifts, which both of a
    pair share. `effect` is the log ratio of each cell. All relative to `noise`.
    """

    paired = True

    def __init__(self, seed, effect, *, noise=0.05, after=0.4, icc=0.5, drift=0.1, samples=12):
        self.random = np.random.default_rng(seed)
        self.effect, self.noise, self.after = np.asarray(effect, dtype=float), noise, after
        self.icc, self.drift, self.samples = icc, drift, samples

    def samples_of(self, gates, pairs):
        """Log seconds: (gates, cells, pairs, 2, samples)."""
        shape = (gates, len(self.effect), pairs)
        steps = self.random.normal(size=(*shape, 2, self.samples))
        within = np.empty_like(steps)
        within[..., 0] = steps[..., 0]
        for i in range(1, self.samples):
            fresh = (1 - self.after**2) ** 0.5 * steps[..., i]
            within[..., i] = self.after * within[..., i - 1] + fresh
        between = self.random.normal(size=(*shape, 2, 1))
        noise = (1 - self.icc) ** 0.5 * within + self.icc**0.5 * between
        shared = np.cumsum(self.random.normal(size=(gates, 1, pairs)), axis=-1)[..., None, None]
        found = self.noise * noise + self.drift * shared
        found[..., 1, :] += self.effect[:, None, None]
        return found

    def medians(self, gates, pairs):
        return np.median(self.samples_of(gates, pairs), axis=-1)

    def times(self, cells, rounds, what):
        """As a clock of `decide`, of one gate."""
        chosen = [int(c.head) for c in cells]
        whole, self.effect = self.effect, self.effect[chosen]
        seconds = np.exp(self.medians(1, len(rounds))[0])
        self.effect = whole
        return [(tuple(s[:, 0]), tuple(s[:, 1])) for s in seconds]


def gates(machine, number, pairs, rules):
    """Answers of many gates: (number, cells), by the functions that the command calls."""
    first, again = (
        rule.tested(np.diff(machine.medians(number, pairs), axis=-1)[..., 0]) for _ in range(2)
    )
    flagged = rule.flagged(first, rules.level, rules.margin)
    worse = flagged & rule.confirmed(again, rules.margin)
    return rule.answers(first, worse, flagged, rules.level, rules.margin), flagged


VICES = {
    "none": {"after": 0.0, "icc": 0.0, "drift": 0.0},
    "samples that follow one another": {"icc": 0.0, "drift": 0.0},
    "processes that are off": {"after": 0.0, "drift": 0.0},
    "drift": {"after": 0.0, "icc": 0.0},
    "all of them": {},
}
GATES, CELLS, PAIRS = 3000, 10, 10


@pytest.mark.parametrize("vices", VICES)
def test_false_alarms_stay_within_the_level_whatever_the_noise(vices):
    machine = Machine(7, np.zeros(CELLS), **VICES[vices])

    # Without a margin, which would hide what the test does.
    found, flagged = gates(machine, GATES, PAIRS, Rules(margin=0.0, level=0.05))

    any_flagged = int(flagged.any(axis=1).sum())
    assert stats.share(any_flagged, GATES).low <= 0.05
    alarms = int((found == "worse").any(axis=1).sum())
    # Twice: .05 of the first look, and of each of those .05 of the second.
    assert stats.share(alarms, GATES).low <= 0.05 * 0.05


def test_the_first_look_is_no_more_cautious_than_it_says():
    """One cell at a level that the test can reach exactly: as many are flagged as promised."""
    machine = Machine(8, [0.0])
    x = np.diff(machine.medians(20_000, 8), axis=-1)[..., 0]

    small = int((rule.flips(x) <= 13 / 256).sum())

    share = stats.share(small, 20_000)
    assert share.low <= 13 / 256 <= share.high


def test_pooled_samples_cry_wolf():
    """Why the process is what is counted: Mann-Whitney on all samples of ten processes a side."""
    samples = Machine(9, [0.0], drift=0.0).samples_of(400, 10)[:, 0]  # gates, pairs, 2, samples
    base, head = (samples[:, :, i].reshape(400, -1) for i in (0, 1))

    p = scipy_stats.mannwhitneyu(head, base, axis=1).pvalue

    assert stats.share(int((p <= 0.05).sum()), 400).low > 0.3


def test_power_grows_with_the_effect_and_shrinks_with_the_noise():
    effects = np.log1p([0.0, 0.02, 0.05, 0.1, 0.2])
    rules = Rules()

    caught = {}
    for noise in (0.01, 0.05):
        found, _ = gates(Machine(10, effects, noise=noise), 1000, 12, rules)
        caught[noise] = (found == "worse").mean(axis=0)

    for shares in caught.values():
        assert (np.diff(shares) >= 0).all()
        assert shares[0] == 0
        assert shares[1] < 0.05  # not beyond the margin
    assert caught[0.01][2] > 0.95
    assert caught[0.05][2] < 0.5 < caught[0.05][4]


def test_same_is_earned_and_noise_is_unclear():
    calm, _ = gates(Machine(11, np.zeros(5), noise=0.005), 500, 12, Rules())
    wild, _ = gates(Machine(12, np.zeros(5), noise=0.15), 500, 12, Rules())
    faster, _ = gates(Machine(13, np.log([0.8]), noise=0.01), 500, 12, Rules())

    assert (calm == "same").mean() > 0.95
    assert (wild == "unclear").mean() > 0.95
    assert (faster == "better").mean() > 0.95


def test_a_difference_of_just_the_margin_is_seldom_called_the_same():
    """Equivalence is a test too: at the margin it errs in one of forty, at most."""
    found, _ = gates(Machine(14, [log(1.02)], noise=0.01), 4000, 12, Rules())

    assert stats.share(int((found == "same").sum()), 4000).low <= 0.025


def test_what_is_said_to_be_detectable_is_detected():
    spread, pairs, cells = 0.02, 12, 10
    least = rule.detectable(spread, pairs, cells, 0.01, 0.02)
    effects = np.zeros(cells)
    effects[0] = np.log1p(least)

    found, _ = gates(
        Machine(15, effects, noise=spread / 2**0.5, after=0, icc=1, drift=0), 1000, pairs, Rules()
    )

    assert 0.7 <= (found[:, 0] == "worse").mean() <= 0.9
    assert rule.detectable(3.0, pairs, cells, 0.01, 0.02) == np.inf


def test_one_gate_decides_as_many_do():
    """`decide` takes a clock and asks it for a second look at what was flagged, and no more."""
    cells = [Trial(str(i), Shape(1, 1, 1, 1)) for i in range(3)]
    machine, looks = Machine(16, np.log([1.0, 1.3, 0.7]), noise=0.01), []
    times = machine.times
    machine.times = lambda cells, rounds, what: (
        looks.append((what, len(cells), rounds)) or times(cells, rounds, what)
    )

    decisions, broken = decide(cells, machine, Rules(), 12)

    assert [d.answer for d in decisions] == ["same", "worse", "better"]
    assert looks == [("timing", 3, range(12)), ("confirming", 1, range(12, 24))]
    assert [d.again is not None for d in decisions] == [False, True, False]
    assert not broken


def test_a_flagged_cell_that_is_not_confirmed_is_unclear():
    cells = [Trial("0", Shape(1, 1, 1, 1))]

    class Once:
        paired = True

        def times(self, cells, rounds, what):
            ratio = 1.5 if what == "timing" else 1.0
            return [((1.0,) * 12, tuple(ratio + 0.001 * i for i in range(12)))]

    (decision,), _ = decide(cells, Once(), Rules(), 12)

    assert decision.answer == "unclear"


def test_a_cell_without_all_its_pairs_is_not_decided():
    cells = [Trial("0", Shape(1, 1, 1, 1))]

    class Short:
        paired = True

        def times(self, cells, rounds, what):
            return [((1.0,) * 11, (1.0,) * 12)]

    assert decide(cells, Short(), Rules(), 12) == ([], cells)


def test_processes_that_were_not_paired_are_shuffled():
    random = np.random.default_rng(17)
    slow = rule.unpaired(random.normal(0, 0.01, 8), random.normal(0.1, 0.01, 8))
    same = [rule.unpaired(*random.normal(0, 0.01, (2, 8))).p_slower for _ in range(300)]

    assert 1 / 12870 <= slow.p_slower < 0.0005  # one of 16 over 8 choices, of which some are drawn
    assert slow.low < 0.1 < slow.high
    assert stats.share(sum(p <= 0.05 for p in same), 300).low <= 0.05


def test_a_share_covers_at_least():
    """Clopper-Pearson by hand: nothing of n is below 1 - 0.025^(1/n)."""
    none, every = stats.share(0, 10), stats.share(10, 10)

    assert (none.low, every.high) == (0, 1)
    assert none.high == pytest.approx(1 - 0.025 ** (1 / 10))
    assert every.low == pytest.approx(0.025 ** (1 / 10))
    middle = stats.share(3, 10)
    assert scipy_stats.binom.sf(2, 10, middle.low) == pytest.approx(0.025)
    assert scipy_stats.binom.cdf(3, 10, middle.high) == pytest.approx(0.025)
