"""The picker of samples: another trial's figure and table, without the explorer too."""

from statistics import median

import numpy as np
import pytest

from attnbench.report.evidence import Evidence
from tests.report.made_up import made_up_run


@pytest.fixture
def page(opened):
    return opened("full-small").page


def samples_of(name):
    """By round, of the trial that the picker calls so: forward at 16², on the CPU."""
    records = [
        r
        for r in Evidence(made_up_run()).records
        if "latency" in r.readings
        and r.trial.label == name
        and r.trial.mode == "inference"
        and r.trial.shape.height == 16
    ]
    return [r.readings["latency"].samples for r in sorted(records, key=lambda r: r.round)]


def pick(page, start):
    options = page.locator("#samples-trial option").all_inner_texts()
    page.locator("#samples-trial").select_option(
        label=next(t for t in options if t.startswith(start))
    )


def test_it_shows_the_samples_of_the_trial_that_is_picked(page):
    rounds = samples_of("ema")

    pick(page, "ema, forward at 16²")

    assert (
        page.locator("#samples figcaption")
        .inner_text()
        .startswith("Samples of ema, forward at 16²")
    )
    assert page.locator("#samples svg circle").count() == sum(map(len, rounds))
    assert page.locator("#samples svg .median").count() == len(rounds)
    page.locator("#samples summary").click()
    told = page.locator("#samples tbody tr td:nth-child(4)").all()
    medians = [float(cell.get_attribute("data-sort")) for cell in told]
    assert medians == pytest.approx([median(r) for r in rounds], rel=1e-5)


def test_the_bars_to_the_right_count_every_sample(page):
    pick(page, "ema, forward at 16²")

    widths = page.locator("#samples svg .density").evaluate_all(
        "(bars) => bars.map((b) => Number(b.getAttribute('width')))"
    )
    counts, _ = np.histogram([s for r in samples_of("ema") for s in r], bins=5)  # of 15 samples
    assert [w / max(widths) for w in widths] == pytest.approx(list(counts / max(counts)))


def test_the_first_trial_brings_the_figure_of_the_page_back(page):
    before = page.locator("#samples figure").inner_html()

    pick(page, "ema, forward at 16²")
    assert page.locator("#samples figure").inner_html() != before
    page.locator("#samples-trial").select_option("0")

    assert page.locator("#samples figure").inner_html() == before


def test_another_figure_looks_as_the_page_does_in_the_dark(opened):
    page = opened("full-small", dark=True).page
    pick(page, "ema, forward at 16²")

    fill = page.locator("#samples svg .mark").first.evaluate("(e) => getComputedStyle(e).fill")
    muted = page.locator("#samples svg").evaluate(
        "(e) => { e.style.color = 'var(--muted)'; return getComputedStyle(e).color; }"
    )
    assert fill == muted
