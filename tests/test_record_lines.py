"""Lines of records: what they share is the same, and what was wrong is not remembered as right."""

from pathlib import Path

import msgspec
import pytest

from attnbench.record import Reading, Record
from attnbench.record_lines import RecordLines
from attnbench.store import read_run
from tests.replacing import replace

FOLDERS = sorted((Path(__file__).parent / "data").glob("format-*/*"))
REFERENCE = Path(__file__).parents[1] / "results" / "reference"
FOLDERS += sorted(path.parent for path in REFERENCE.glob("*/records.jsonl"))


class Reader:
    """Reads a line: the record, or None, and what is wrong with it."""

    def __init__(self):
        self.lines = RecordLines()

    def __call__(self, line):
        fault = self.lines(line)
        return (
            None if fault else self.lines.columns.record(len(self.lines.columns.started) - 1)
        ), fault


def encoded(record):
    return msgspec.json.encode(record) + b"\n"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)
def test_what_is_read_is_what_the_lines_say(folder):
    told = (folder / "records.jsonl").read_bytes().splitlines()

    found = read_run(folder).records

    assert found == tuple(msgspec.json.decode(line, type=Record) for line in told)
    assert [encoded(r) for r in found] == [
        encoded(msgspec.json.decode(line, type=Record)) for line in told
    ]


def test_records_of_a_trial_share_what_is_equal(record):
    read = Reader()
    one = replace(record(value=1), unmeasured={"energy": "no counter"}, source="s", message="m")
    other = replace(one, round=1, seconds=2.0)

    (first, _), (second, _) = read(encoded(one)), read(encoded(other))

    assert (first, second) == (one, other)
    for name in ("trial", "key", "source", "message"):
        assert getattr(first, name) is getattr(second, name)
    assert first.readings["macs.counted"] is second.readings["macs.counted"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"samples": ()},
        {"samples": (1e31,)},
        {"samples": (10**40,)},
        {"samples": (1.0, 10**40)},
        {"unit": "s", "samples": (1.0, -1e31)},
        {"samples": (0,), "terms": {"convolution": 1}},
        {"unit": "s", "samples": (0.0,)},
        {"unit": "\x1b[2J"},
        {"terms": {"\n": 1}},
        {"terms": {"a": 1e31}},
        {"pictures": {"\u202e": ""}},
    ],
)
def test_a_reading_that_cannot_be_is_left_out_each_time(record, wrong):
    read, sound = Reader(), record()
    bad = replace(sound.readings["macs.counted"], **wrong)
    wronged = replace(sound, readings={"macs.counted": bad})

    faults = [read(encoded(r))[1] for r in (wronged, sound, wronged, sound, wronged)]

    assert [bool(f) for f in faults] == [True, False, True, False, True]
    assert len(set(faults) - {""}) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "0123456789abcdef"},
        {"round": 10**6},
        {"seconds": -1.0},
        {"environment": "\x1b"},
        {"run": "\n"},
        {"started": "2026-01-01T00:00:00"},
        {"schema": 0},
        {"unmeasured": {"\x07": "reason"}},
    ],
)
def test_a_record_that_cannot_be_is_left_out_also_of_a_known_trial(record, wrong):
    read = Reader()

    faults = [read(encoded(r))[1] for r in (record(), replace(record(), **wrong), record())]

    assert [bool(f) for f in faults] == [False, True, False]


def test_a_key_is_that_of_its_trial_also_when_the_key_is_known(record):
    read, other = Reader(), record(side=32)

    assert read(encoded(record()))[1] == ""
    assert read(encoded(replace(record(), trial=other.trial)))[1] == "a key that is not its trial's"


def test_a_known_trial_may_be_spelled_otherwise(record):
    read, told = Reader(), msgspec.to_builtins(replace(record(), round=1))
    told["trial"] = dict(reversed(told["trial"].items())) | {"kernel": "eager"}
    del told["trial"]["options"]  # as by default
    spaced = msgspec.json.format(msgspec.json.encode(told)).replace(b"\n", b" ")

    (first, _), (second, fault) = read(encoded(record())), read(spaced)

    assert fault == ""
    assert second == replace(first, round=1)
    assert second.trial is first.trial


@pytest.mark.parametrize("wrong", [b"5", b"{}", b'{"head":"ema"}', b"[]"])
def test_what_is_no_trial_is_none_also_under_a_known_key(record, wrong):
    read, line = Reader(), encoded(record())
    trial = msgspec.json.encode(record().trial)
    assert read(line)[1] == ""

    with pytest.raises(msgspec.ValidationError):
        read(line.replace(trial, wrong))


@pytest.mark.parametrize("value", [1.0, True, "1"])
def test_an_option_that_is_only_equal_is_that_of_another_trial(record, value):
    read, one = Reader(), replace(record().trial, options={"window": 1})
    first = replace(record(), trial=one, key=one.key)
    other = replace(first, trial=replace(one, options={"window": value}))

    assert read(encoded(first))[1] == ""
    assert read(encoded(other))[1] == "a key that is not its trial's"


def test_a_reading_told_twice_is_looked_at_both_times(record):
    line = encoded(record()).replace(b'"readings":{', b'"readings":{"macs.counted":5,')

    with pytest.raises(msgspec.ValidationError):
        RecordLines()(line)


def test_readings_have_no_room_for_more():
    with pytest.raises((AttributeError, TypeError)):
        Reading((1,), "s", "lower", "measured").more = 1


def test_a_whole_number_of_more_than_64_bits_is_read_as_it_is(record):
    one = record(value=10**20)
    read = Reader()

    assert [read(encoded(one)), read(encoded(one))] == [(one, ""), (one, "")]


@pytest.mark.parametrize(
    "unusual",
    [{"value": 0}, {"value": 0.0}, {"value": -1.5}, {"value": 1e-20}, {"value": -(2**63)}],
    ids=str,
)
def test_a_number_that_is_no_time_may_be_of_any_sign_and_size(record, unusual):
    one = record(**unusual)
    read = Reader()

    assert [read(encoded(one)), read(encoded(one))] == [(one, ""), (one, "")]


@pytest.mark.parametrize("seed", [0, -1, 2**64])
def test_a_seed_may_be_any_whole_number(record, seed):
    one = replace(record(), seed=seed)

    assert Reader()(encoded(one)) == (one, "")
