"""What columns tell of records is what going through the records tells."""

from collections import Counter
from random import Random

import msgspec
import numpy as np
import pytest

from attnbench.by_trial import medians
from attnbench.lines import middle
from attnbench.record import Reading, Record
from attnbench.record_lines import RecordLines
from attnbench.records import Records
from attnbench.trial import Shape, Trial
from tests.replacing import replace


def reading(random):
    kind = random.choice(("time", "count", "terms"))
    if kind == "time":
        samples = tuple(random.random() for _ in range(random.randint(1, 6)))
        return Reading(samples, "s", "lower", "measured", notes=random.choice(((), ("warm",))))
    whole = tuple(random.randint(1, 9) for _ in range(random.randint(1, 3)))
    return Reading(whole, "bytes", "lower", "measured", {"a": 2} if kind == "terms" else {})


def some(seed):
    random = Random(seed)
    made = []
    for number in range(60):
        trial = Trial(random.choice("ab"), Shape(1, 2, random.choice((4, 8)), 4))
        readings = {m: reading(random) for m in random.sample("xyz", random.randint(0, 3))}
        reasons = random.choice(({}, {"energy": "none"}, {"energy": "no", "x": "y"}))
        status, message = random.choice((("ok", ""), ("oom", "full"), ("oom", "fuller")))
        where = {"environment": random.choice("ef"), "run": random.choice(("", "r"))}
        told = {"message": message, "seconds": random.random(), "seed": random.getrandbits(80)}
        told |= {"readings": readings, "unmeasured": reasons, "started": f"t{number}"}
        made.append(Record(trial, trial.key, number, status, **where, **told))
    return made


@pytest.fixture(params=range(10))
def made(request):
    return some(request.param)


def test_they_are_the_same_records(made):
    found = Records.of(made)

    assert found == made
    assert made == found
    assert list(found) == made
    assert found[7] == made[7]
    assert found[-1] == made[-1]
    assert found[3:9:2] == made[3:9:2]
    assert Records.of(found) is found
    assert found != made[:-1]
    assert found != [*made[:-1], made[0]]
    with pytest.raises(IndexError):
        found[len(made)]


def test_columns_are_those_of_each_record(made):
    found = Records.of(made).at(np.array([5, 3, 40, 41, 2]))
    told = [made[at] for at in (5, 3, 40, 41, 2)]

    assert found == told
    assert found.rounds.tolist() == [r.round for r in told]
    assert found.statuses == [r.status for r in told]
    assert found.seconds.tolist() == [r.seconds for r in told]
    assert found.started == [r.started for r in told]
    assert found.places == [(r.environment, r.source, r.run) for r in told]
    trials = found.columns.trials
    assert [trials[number] for number in found.trials] == [r.trial for r in told]


def test_some_of_them(made):
    found = Records.of(made)

    assert found.with_readings() == [r for r in made if r.readings]
    assert found.with_reasons() == [r for r in made if r.unmeasured]


def test_those_that_are_alike_are_told_once_and_counted(made):
    found = list(Records.of(made).alike("status", "message", "trial"))

    def kind(record):
        return record.status, record.message, record.key

    by_hand = Counter(map(kind, made))
    assert [(kind(record), count) for record, count in found] == list(by_hand.items())
    first = {kind(record): record for record in reversed(made)}
    assert [record for record, _ in found] == [first[kind(record)] for record, _ in found]
    assert list(Records.of([]).alike("status")) == []


def test_readings_are_counted_by_kind(made):
    kept = [r for r in made if r.status == "ok"]

    found = Records.of(made).at(np.array([r.status == "ok" for r in made]))

    told = [
        (metric, g.unit, g.better, g.origin, g.notes)
        for r in kept
        for metric, g in r.readings.items()
    ]
    assert dict(found.kinds_of_readings()) == Counter(told)


def test_medians_are_those_of_each_reading(made):
    records = Records.of(made).at(np.arange(len(made))[::-2])

    rows, of = records.readings()

    told = [(at, g) for at, r in enumerate(records) for g in r.readings.values()]
    assert of.tolist() == [at for at, _ in told]
    assert medians(records.columns, rows).tolist() == [middle(g.samples) for _, g in told]


def text(records):
    return b"".join(lines(records))


def lines(records):
    return [msgspec.json.encode(r) + b"\n" for r in records]


def test_many_lines_are_read_as_one_by_one(made):
    sound = [replace(r, started="", round=n, seed=n) for n, r in enumerate(made)]
    at_once, one_by_one = RecordLines(), RecordLines()

    assert at_once.many(b"".join(lines(sound)))
    assert {one_by_one(line) for line in lines(sound)} == {""}

    assert Records.all(at_once.columns) == Records.all(one_by_one.columns) == sound


@pytest.mark.parametrize(
    "other",
    [
        {"key": "0123456789abcdef"},
        {"environment": "\x1b"},
        {"run": "\n"},
        {"round": 10**6},
        {"seed": 2**70},  # of 64 bits are those that are read at once
        {"started": "yesterday"},
        {"started": "2026-01-01T00:00:00"},
        {"started": "1969-12-31T00:00:00+00:00"},
        {"schema": 3},
        {"unmeasured": {"\x07": "none"}},
        {"readings": {"latency": Reading((), "s", "lower", "measured")}},
        {"readings": {"latency": Reading((0.0,), "s", "lower", "measured")}},
        {"readings": {"latency": Reading((0,), "s", "lower", "measured")}},
        {"readings": {"latency": Reading((1.0, 0), "s", "lower", "measured")}},
        {"readings": {"latency": Reading((1.0,), "\x1b", "lower", "measured")}},
        {"readings": {"\x1b": Reading((1.0,), "s", "lower", "measured")}},
        {"readings": {"x": Reading((0,), "MACs", "lower", "counted", {"a": 1})}},
        {"readings": {"x": Reading((1.0,), "J", "lower", "counted", {"\n": 1})}},
        {"readings": {"x": Reading((1.0,), "J", "lower", "counted", pictures={"\n": ""})}},
    ],
)
def test_none_of_them_is_read_at_once_if_one_cannot_be(record, other):
    read = RecordLines()
    one = replace(record(), readings={"latency": Reading((0.5,), "s", "lower", "measured")})
    bad = replace(one, **({"round": 2} | other))
    assert read.many(text([one]))

    assert not read.many(text([replace(one, round=1), bad]))
    assert not read.many(text([replace(one, round=1), bad]))  # nor is it known by now
    assert read.many(text([replace(one, round=1)]))

    assert Records.all(read.columns) == [one, replace(one, round=1)]


def test_a_trial_of_another_key_is_not_read_at_once(record):
    read = RecordLines()
    one = replace(record(), readings={"latency": Reading((0.5,), "s", "lower", "measured")})
    assert read(*lines([one])) == ""

    assert not read.many(text([replace(one, trial=record(side=32).trial)]))


def test_two_halves_of_a_line_are_no_line(record):
    read = RecordLines()
    (line,) = lines([record(value=0.5)])
    assert read(line) == ""
    begin, end = line.split(b',"seed"')

    assert not read.many(begin + b',\n"seed"' + end)
    assert not read.many(line + b"\n")
    assert not read.many(line[:-1] + line)

    assert read.many(begin + b',"seed"' + end)
    assert read.many(line[:-1])  # the last has no end yet
