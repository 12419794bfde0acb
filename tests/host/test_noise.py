import math

import pytest

from attnbench.host.noise import Noise, noise_finding
from attnbench.trial import Settings


def processes(*medians):
    """Three samples each, 10 % apart."""
    return Noise(tuple((0.9 * m, m, 1.1 * m) for m in medians), threads=1)


def test_between_is_of_the_medians_and_within_of_the_samples():
    noise = processes(0.9, 1.0, 1.1)

    assert noise.seconds == 1.0
    assert noise.between == pytest.approx(0.1)  # deviations -0.1, 0, 0.1 over n - 1 = 2
    assert noise.within == pytest.approx(0.1)


def test_smallest_difference_is_by_students_t():
    # Two rounds: t(0.975, 1) = 12.706, t(0.8, 1) = 1.376; the ratio of two sides varies by
    # 0.1·√2, its mean over two rounds by 0.1.
    noise = processes(0.9, 1.0, 1.1)

    assert noise.smallest(2) == pytest.approx(math.exp((12.706 + 1.376) * 0.1) - 1, rel=1e-3)
    assert noise.smallest(1) == math.inf


@pytest.mark.parametrize(
    ("apart", "grade", "severity"),
    [
        (0.005, "quiet", None),
        (0.03, "usable", None),
        (0.1, "noisy", "note"),
        (0.3, "very noisy", "stop"),
    ],
)
def test_grade_and_finding(apart, grade, severity):
    noise = processes(1 - apart, 1.0, 1 + apart)
    finding = noise_finding(noise)

    assert noise.grade == grade
    assert (finding and finding.severity) == severity


def test_the_sentence_says_what_cannot_be_seen():
    said = processes(0.995, 1.0, 1.005).sentence(8)

    assert said.startswith("quiet: the same 1.00 s of work vary by 0.5 % from process to process")
    assert "8 rounds will mostly not show a difference below 1 %" in said
    assert "one round cannot show a difference" in processes(0.9, 1.0, 1.1).sentence(1)


def test_the_probe_times_real_processes():
    from attnbench.run.conditions import noise

    found = noise(Settings(threads=1), processes=3)

    assert len(found.samples) == 3
    assert all(s > 0 for process in found.samples for s in process)
