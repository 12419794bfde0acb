"""The three formats in JSON, read back."""

import json
from math import inf, nan

import jsonschema
import pytest

from attnbench.gate.outputs.action_benchmark import action_benchmark
from attnbench.gate.outputs.bencher import bencher
from attnbench.gate.outputs.plain_json import plain_json
from attnbench.gate.outputs.wording import names
from attnbench.stats import Estimate
from tests.gate.found import EMPTY, EVERY, GATES, HOSTILE, NAMED, change, gate, timing, trial

EMA = "ema, 1x512x64x64, attention, float32, cpu, inference"
NUMBER = {"type": "number"}
ENTRY = {  # interface BenchmarkResult of github-action-benchmark
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1},
            "value": NUMBER,
            "unit": {"type": "string"},
            "range": {"type": "string"},
            "extra": {"type": "string"},
        },
        "required": ["name", "value", "unit"],
        "additionalProperties": False,
    },
}
METRIC = {
    "type": "object",
    "properties": {"value": NUMBER, "lower_value": NUMBER, "upper_value": NUMBER},
    "required": ["value"],
    "additionalProperties": False,
}
MEASURES = {"type": "object", "propertyNames": {"maxLength": 64}, "additionalProperties": METRIC}
BMF = {"type": "object", "propertyNames": {"maxLength": 1024}, "additionalProperties": MEASURES}


def strict(text):
    """NaN and Infinity are no JSON, though Python's own reader takes them."""

    def refuse(constant):
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("which", list(GATES))
def test_github_action_benchmark_gets_what_it_takes(which):
    entries = strict(action_benchmark(GATES[which]))

    jsonschema.validate(entries, ENTRY)
    assert len({e["name"] for e in entries}) == len(entries)  # it joins series by the name


@pytest.mark.parametrize("which", list(GATES))
def test_bencher_gets_what_it_takes(which):
    jsonschema.validate(strict(bencher(GATES[which])), BMF)


def test_a_time_has_value_range_and_what_it_was_before():
    (entry,) = strict(action_benchmark(gate(timing("ema", base=5e-3, ratio=1.2))))

    assert entry["name"] == f"{EMA}: latency"
    assert (entry["value"], entry["unit"]) == (pytest.approx(6e-3), "s")
    assert entry["range"] == "0.00594 to 0.00606"
    assert entry["extra"].splitlines()[1:] == [
        "difference: +18 % to +22 %",
        "head: HEAD (fedcba987654)",
        "base: origin/main (0123456789ab)",
    ]


def test_a_count_has_no_range():
    (entry,) = strict(action_benchmark(gate(change(after=1100))))

    assert "range" not in entry
    assert entry["value"] == 1100


def test_an_array_of_smaller_is_better_has_nothing_else_in_it():
    higher = change("a", quantity="accuracy", better="higher")
    nowhere = change("b", "gone", after=None)
    unknown = change("c", after=nan)

    assert strict(action_benchmark(gate(higher, nowhere, unknown))) == []


def test_bencher_has_latency_in_nanoseconds_and_counts_as_they_are():
    table = strict(bencher(gate(timing("ema", base=4e-3, ratio=1.0), change("isa", after=1100))))

    assert table[EMA]["latency"] == {
        "value": pytest.approx(4e6),
        "lower_value": pytest.approx(3.96e6),
        "upper_value": pytest.approx(4.04e6),
    }
    (count,) = (measures for name, measures in table.items() if name.startswith("isa"))
    assert count["macs.counted"]["value"] == 1100


def test_bencher_gets_no_bound_that_is_not_known():
    found = timing()
    short = gate(type(found)(**(vars(found) | {"head": Estimate(5e-3, nan, inf)})))

    (measures,) = strict(bencher(short)).values()
    assert measures == {"latency": {"value": pytest.approx(5e6)}}


def test_quantities_of_a_trial_stand_together():
    both = gate(change(), change(quantity="params", unit=""))

    (measures,) = strict(bencher(both)).values()
    assert set(measures) == {"macs.counted", "params"}


@pytest.mark.parametrize("made", [action_benchmark, bencher])
def test_hostile_names_stay_apart(made):
    told = set(names(trial(h) for h in HOSTILE).values())
    found = strict(made(NAMED))

    if isinstance(found, dict):
        assert set(found) == told
    else:
        assert {entry["name"] for entry in found} == {f"{name}: macs.counted" for name in told}


def test_plain_json_has_every_field_and_the_answer():
    told = strict(plain_json(EVERY))

    assert told["answer"] == "worse"
    assert told["head"] == {
        "name": "HEAD", "commit": "fedcba9876543210", "environment": "c0ffee001122",
    }  # fmt: skip
    assert [c["answer"] for c in told["exact"]] == [c.answer for c in EVERY.exact]
    assert told["timed"][0]["ratio"]["value"] == 1.2
    assert told["timed"][0]["trial"]["shape"]["height"] == 64
    assert told["detectable"] == 0.031


def test_what_is_not_known_is_null():
    told = strict(plain_json(gate(detectable=nan)))

    assert told["detectable"] is None
    assert strict(plain_json(EMPTY))["answer"] == "same"


def test_names_are_in_plain_json_as_they_are_but_for_half_characters():
    heads = [c["trial"]["head"] for c in strict(plain_json(NAMED))["exact"]]

    assert heads == [h.replace("\ud800", "\\ud800") for h in HOSTILE]
