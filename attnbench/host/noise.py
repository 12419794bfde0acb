"""How much this machine varies: the same work, in one short process after the other."""

from dataclasses import dataclass

import numpy as np

from attnbench import stats
from attnbench.host.finding import Finding, note, stop
from attnbench.units import quantity

# Of the relative standard deviation between processes. METHOD: a shared machine of two cores had
# 15 %, a quiet one has well below 1 %.
QUIET, USABLE, NOISY = 0.01, 0.05, 0.15


@dataclass(frozen=True)
class Noise:
    """Seconds a call of a fixed attention, `samples[process][sample]`, on `threads` CPU threads."""

    samples: tuple[tuple[float, ...], ...]
    threads: int

    @property
    def seconds(self) -> float:
        """Median of the processes' medians."""
        return float(np.median(self._medians))

    @property
    def within(self) -> float:
        """Relative standard deviation of the samples of one process, in the median process."""
        return float(np.median([np.std(s, ddof=1) / np.mean(s) for s in self.samples]))

    @property
    def between(self) -> float:
        """Relative standard deviation of the processes' medians."""
        return float(np.std(self._medians, ddof=1) / np.mean(self._medians))

    @property
    def grade(self) -> str:
        for name, most in (("quiet", QUIET), ("usable", USABLE), ("noisy", NOISY)):
            if self.between <= most:
                return name
        return "very noisy"

    @property
    def _medians(self) -> list[float]:
        return [float(np.median(s)) for s in self.samples]

    def smallest(self, rounds: int) -> float:
        """The smallest relative difference that `rounds` rounds will mostly show."""
        return stats.detectable(self.between, rounds)

    def sentence(self, rounds: int) -> str:
        """What it means for a run of `rounds` rounds, in a line."""
        each, seconds = f"{100 * self.between:.1f} %", quantity(self.seconds, "s")
        said = f"{self.grade}: the same {seconds} of work vary by {each} from process to process"
        if rounds < 2:
            return f"{said}; one round cannot show a difference"
        least = f"{100 * self.smallest(rounds):.0f} %"
        return f"{said}; {rounds} rounds will mostly not show a difference below {least}"


def noise_finding(noise: Noise) -> Finding | None:
    """More than USABLE is worth knowing, more than NOISY is no basis for a comparison of times."""
    if noise.between <= USABLE:
        return None
    judge = stop if noise.between > NOISY else note
    return judge(
        f"the same work varies by {100 * noise.between:.0f} % from process to process",
        f"8 rounds will mostly not show a difference below {100 * noise.smallest(8):.0f} %",
        "end what else is running, ask for more rounds (--set rounds=16), or rely on counts",
    )
