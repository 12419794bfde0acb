"""The index of a run says what going through its records says."""

from random import Random
from statistics import median

import pytest

from attnbench.by_trial import by_trial
from attnbench.lines import latest, lines, repeats
from attnbench.record import Reading, Record
from attnbench.trial import Shape, Trial

METRICS = ("latency", "memory", "macs.counted")


def reading(random, metric):
    if metric == "macs.counted":
        terms = {"contraction": random.randint(1, 9), "convolution": random.randint(1, 9)}
        return Reading((sum(terms.values()),), "MACs", "lower", "counted", terms)
    samples = tuple(random.choice((0.5, random.random())) for _ in range(random.randint(1, 5)))
    return Reading(samples, "s", "lower", "measured")


def some_records(seed):
    """Rounds in any order, some of them twice, and readings that not all rounds have."""
    random = Random(seed)
    made = []
    for head, side, mode in ((h, s, m) for h in "ab" for s in (4, 8, 6) for m in ("x", "y")):
        trial = Trial(head, Shape(1, 2, side, side + 1), mode=mode)
        for number in random.choices(range(7), k=9):
            metrics = random.sample(METRICS, random.randint(0, 3))
            readings = {metric: reading(random, metric) for metric in metrics}
            made.append(Record(trial, trial.key, number, "ok", readings=readings))
    random.shuffle(made)
    return made


def counted_by_hand(records):
    """(key, metric) -> {round: median}, of the last record of each trial and round."""
    last = {}
    for record in records:
        last[record.key, record.round] = record
    found = {}
    for (key, number), record in last.items():
        for metric, told in record.readings.items():
            found.setdefault((key, metric), {})[number] = median(told.samples)
    return found


@pytest.mark.parametrize("seed", range(20))
def test_rounds_are_those_of_the_last_records(seed):
    records = some_records(seed)

    found = by_trial(latest(records))

    by_hand = counted_by_hand(records)
    assert {place: told.medians for place, told in found.rounds.items()} == by_hand
    for place, told in found.rounds.items():
        assert list(told.medians) == sorted(by_hand[place])
        last = [r for r in records if (r.key, r.round) == (place[0], max(by_hand[place]))][-1]
        assert told.last == last.readings[place[1]]
    assert {(k, metric) for metric, keys in found.having.items() for k in keys} == set(by_hand)


@pytest.mark.parametrize("terms", ["", "contraction"])
@pytest.mark.parametrize("metric", METRICS)
def test_lines_are_those_of_the_records(metric, terms):
    for seed in range(20):
        records = some_records(seed)

        found = {v.trial.line: v for v in by_trial(latest(records)).lines(metric, terms)}
        plain = {v.trial.line: v for v in lines(latest(records), metric, terms)}

        assert found.keys() == plain.keys()
        for name, line in found.items():
            assert (line.values, line.unit, line.origin) == (
                plain[name].values, plain[name].unit, plain[name].origin,
            )  # fmt: skip


def test_readings_of_a_trial_come_in_the_order_of_its_records():
    records = [r for r in some_records(3) if r.readings]
    key = records[0].key

    found = by_trial(latest(records)).of(key, "latency")

    meant = [r for r in latest(records) if r.key == key and "latency" in r.readings]
    assert found == [r.readings["latency"] for r in meant]
    assert by_trial(latest(records)).of("no such key", "latency") == []


def test_a_record_that_repeats_a_round_takes_the_place_of_the_first():
    first, other, again = (
        Record(t, t.key, 0, "ok", message=told)
        for t, told in (
            (Trial("a", Shape(1, 1, 1, 1)), "first"),
            (Trial("b", Shape(1, 1, 1, 1)), ""),
            (Trial("a", Shape(1, 1, 1, 1)), "again"),
        )
    )

    assert not repeats([first, other])
    assert repeats([first, other, again])
    assert latest([first, other, again]) == [again, other]
    assert by_trial(latest([first, other, again])).records[first.key] == [again]
