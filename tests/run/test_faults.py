"""A short fault campaign; `fault_campaign.py` does one of any length."""

from tests.run.fault_campaign import DISK, FAULTS, INSIDE, OUTSIDE, Case, campaign, cases

SHORT = [*OUTSIDE, DISK, "daemon_then_dies", "torn", "hangs"]


def test_after_a_fault_nothing_is_lost_doubled_orphaned_or_shown_as_a_traceback():
    planned = [
        Case(number, fault, {5: fault} if fault in INSIDE else {}, delay=1.0, bytes=4000)
        for number, fault in enumerate(SHORT)
    ]

    assert [o for o in campaign(planned, jobs=2) if not o.clean] == []


def test_the_seed_alone_decides_a_campaign_and_every_fault_is_in_it():
    drawn = list(cases(2 * len(FAULTS), seed=1))

    assert drawn == list(cases(2 * len(FAULTS), seed=1))
    assert drawn != list(cases(2 * len(FAULTS), seed=2))
    assert sorted(c.fault for c in drawn) == sorted(2 * FAULTS)
