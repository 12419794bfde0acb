"""What a trial needs at any size, and the largest map that fits a card: milliseconds a size."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from math import log

from attnbench.errors import HeadError, UnmeasuredError
from attnbench.kinds import Mode
from attnbench.measure._bench import Bench
from attnbench.measure.counted import counted
from attnbench.measure.memory_predicted import predicted
from attnbench.measure.modelled import modelled
from attnbench.measure.params import params
from attnbench.prediction import Memory, Outlook, Prediction
from attnbench.trial import Trial

FIRST_SIDES = (64, 128, 256, 512, 1024)  # five: the need is at most of degree four in the side
WHOLE = 8  # windows and strides of the heads divide it: such a side needs no padding
BEYOND = 2**63  # more bytes than torch can count


def predict(trial: Trial, cards: Mapping[str, int]) -> Prediction:
    """Work and memory of a trial in both modes, and the largest side that fits each of `cards`.

    Raises HeadError for options or a size that the head refuses.
    """
    return prediction(Bench(trial), cards)


def prediction(bench: Bench, cards: Mapping[str, int]) -> Prediction:
    """As `predict`, of what a bench measures."""
    trial = replace(bench.trial, mode="inference")
    bench = replace(bench, trial=trial)
    weights = {name: found.samples[0] for name, found in params(bench).items()}
    work, origin = _work(bench)
    return Prediction(
        trial=trial,
        params=weights["params"],
        frozen=weights["params.frozen"],
        macs=work["macs"],
        flops=work["flops"],
        origin=origin,
        inference=_outlook(Needs(bench), cards),
        training=_outlook(Needs(bench, "training"), cards),
    )


def _work(bench: Bench) -> tuple[dict[str, int], str]:
    """MACs and FLOPs by the closed form, or counted for a head without one."""
    try:
        found, origin = modelled(bench), "modelled"
    except UnmeasuredError:
        found, origin = counted(bench), "counted"
    return {name.partition(".")[0]: each.samples[0] for name, each in found.items()}, origin


def _outlook(needs: "Needs", cards: Mapping[str, int]) -> Outlook:
    trial = needs.trial
    try:
        asked = needs.at(trial.shape.height, trial.shape.width)
    except ValueError as error:  # batch norm trains on no single value, as a pool of one image is
        if trial.mode == "inference":
            raise
        return Outlook(None, {}, str(error))
    if asked is None:
        told = f"a map of {trial.shape} needs more bytes than 64 bits can count"
        raise HeadError(f"{trial.head}: {told}")
    sides = Sides(needs.total)
    return Outlook(asked, {card: sides.largest(size) for card, size in cards.items()})


class Needs:
    """Predicted memory of one trial at any size, by its module on the meta device.

    In its mode, or in another.
    """

    def __init__(self, bench: Bench, mode: Mode | None = None):
        self.trial = replace(bench.trial, mode=mode or bench.trial.mode)
        self.module = bench.outline.train(self.trial.mode == "training")
        self._bench = bench

    def at(self, height: int, width: int) -> Memory | None:
        """None for more than BEYOND. Raises ValueError for a size that the head refuses."""
        shape = replace(self.trial.shape, height=height, width=width)
        try:
            bench = replace(self._bench, trial=replace(self.trial, shape=shape))
            return predicted(bench, self.module)
        except RuntimeError as error:
            if "overflow" not in str(error):
                raise
            return None

    def total(self, side: int) -> int:
        """Bytes of a step on a square map, baseline included; BEYOND where the head refuses it."""
        try:
            memory = self.at(side, side)
        except ValueError:
            return BEYOND
        return BEYOND if memory is None else memory.total


class Sides:
    """Which sides fit: `need` is the bytes of a side, asked for as rarely as can be."""

    def __init__(self, need: Callable[[int], int]):
        self._need = need
        self._known: dict[int, int] = {}
        self._even = True  # every side lies on the curve through the multiples of WHOLE

    def largest(self, limit: int) -> int:
        """The largest side that needs at most `limit`, 0 for none: the next side needs more.

        The next multiple of WHOLE needs more as well. A smaller side may too, where the need does
        not grow evenly: padding to whole windows is largest just above a multiple of them.
        """
        for side in FIRST_SIDES:
            self._of(side)
        low = self._whole(limit)
        return self._between(low, low + WHOLE, limit)

    def _whole(self, limit: int) -> int:
        """The largest multiple of WHOLE that fits."""
        tries = 0
        while True:
            whole = {side: need for side, need in self._known.items() if side % WHOLE == 0}
            fits = max((side for side, need in whole.items() if need <= limit), default=0)
            fails = min((side for side in whole if side > fits), default=2 * max(fits, WHOLE))
            if fails == fits + WHOLE and fails in whole:
                return fits
            # At most twice as large as what fits: a head may need time or memory to lay out a map.
            tries += 1
            # Where the curve leads nowhere, halving does.
            guess = self._crossing(fits, fails, limit) if tries % 4 else (fits + fails) // 2
            guess -= guess % WHOLE
            self._of(max(fits + WHOLE, min(guess, fails - WHOLE)))

    def _between(self, low: int, fails: int, limit: int) -> int:
        """The largest side that fits, from one that does, or 0, to one that does not."""
        fits, crossing = low, self._crossing(low, fails, limit)
        while fails - fits > 1:
            guess = max(fits + 1, min(crossing, fails - 1))
            if not self._even and fits == low:
                guess = low + 1  # with a whole window of padding, it tells of those above
            self._even &= self._of(guess) == self._curve(guess)(guess)
            fits, fails = (guess, fails) if self._of(guess) <= limit else (fits, guess)
        return fits

    def _of(self, side: int) -> int:
        if side not in self._known:
            self._known[side] = self._need(side)
        return self._known[side]

    def _crossing(self, low: int, high: int, limit: int) -> int:
        """The last side in between whose need is within, by the curve."""
        curve = self._curve((low + high) // 2)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if curve(middle) <= limit else (low, middle)
        return low

    def _curve(self, near: int) -> Callable[[int], Fraction]:
        """The polynomial through five known multiples of WHOLE, in Newton's form."""
        usable = (s for s, need in self._known.items() if s % WHOLE == 0 and need < BEYOND)
        sides = sorted(usable, key=lambda side: abs(log(side / near)))[: len(FIRST_SIDES)]
        factors = [Fraction(self._known[side]) for side in sides]
        for order in range(1, len(sides)):
            for i in range(len(sides) - 1, order - 1, -1):
                factors[i] = (factors[i] - factors[i - 1]) / (sides[i] - sides[i - order])

        def value(at: int) -> Fraction:
            total = Fraction(0)
            for factor, side in zip(reversed(factors), reversed(sides), strict=True):
                total = total * (at - side) + factor
            return total

        return value
