"""Counts over all records are those of looking at each of them."""

from collections import Counter
from datetime import datetime, timedelta
from random import Random

import pytest
from made_up import made_up_run, reading, record, trial

from attnbench.kinds import NO_DEVICE
from attnbench.report.tally import Tally

STARTS = ("2026-01-01T00:00:0{}+00:00", "2026-01-01T00:00:0{}.25+00:00")
ELSEWHERE = "2026-01-01T03:00:0{}+03:00"  # the same times, as spelled further east


def some(seed, starts):
    random = Random(seed)
    found = []
    for i in range(40):
        device = random.choice(("cpu", "cuda", NO_DEVICE))
        latency = reading(1.0, "s", "measured", notes=(random.choice(("slowed", "warm")),))
        readings = {} if i % 7 == 0 else {"latency": latency, "memory": reading(1, "bytes", "x")}
        fields = {"round": random.randrange(5), "status": random.choice(("ok", "oom", "skipped"))}
        fields |= {"environment": random.choice("ab"), "seconds": random.choice((0.5, 1.0, 4.0))}
        start = "" if i % 5 == 0 else random.choice(starts).format(random.randrange(10))
        reasons = {"energy": "none here"} if i % 3 == 0 else {}
        at = trial("ema", 8, device=device)
        found.append(record(at, readings, started=start, unmeasured=reasons, **fields))
    return found


@pytest.mark.parametrize("starts", [STARTS, (*STARTS, ELSEWHERE)])
@pytest.mark.parametrize("seed", range(8))
def test_counts_are_those_of_each_record(seed, starts):
    records = some(seed, starts)

    told = Tally(records)

    begun = [r for r in records if r.started]
    ends = [datetime.fromisoformat(r.started) + timedelta(seconds=r.seconds) for r in begun]
    first = min(datetime.fromisoformat(r.started) for r in begun)
    assert told.span == max(ends) - first
    assert told.busy == sum(r.seconds for r in begun)
    assert told.statuses == Counter(r.status for r in records)
    assert told.rounds == 1 + max(r.round for r in records)
    assert told.failed == [r for r in records if r.status != "ok"]
    assert told.unmeasured == [r for r in records if r.unmeasured]
    assert told.notes == Counter(
        r.readings["latency"].notes for r in records if "latency" in r.readings
    )
    wanted = [(r.environment, r.trial.device) for r in records if r.readings]
    assert list(told.measured_in) == list(
        dict.fromkeys(place for place in wanted if place[1] != NO_DEVICE)
    )


def test_a_run_without_records_has_no_span():
    told = Tally(())

    assert told.span is None
    assert (told.rounds, told.busy, told.measured_in) == (1, 0, {})


def test_a_made_up_run_is_counted_whole():
    run = made_up_run()

    assert sum(Tally(run.records).statuses.values()) == len(run.records)
