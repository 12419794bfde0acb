import msgspec
import pytest

from attnbench.claims import Claim
from attnbench.verdicts import verdicts

SIDES = (16, 32, 64)


def claim(**check):
    told = {"id": "c", "says": "s", "source": "p", "check": check}
    return msgspec.convert(told, Claim)


def exponent(**check):
    return claim(
        kind="exponent", head="ema", **({"metric": "macs.counted", "within": [0.9, 1.1]} | check)
    )


def verdict(told, records):
    (found,) = verdicts([told], records)
    return found


def power(record, exponent, **more):
    return [record(side=s, value=3.0 * (s * s) ** exponent, **more) for s in SIDES]


@pytest.mark.parametrize(("power_of_n", "word"), [(1.0, "holds"), (2.0, "fails")])
def test_an_exact_exponent_holds_or_fails(record, power_of_n, word):
    found = verdict(exponent(), power(record, power_of_n))

    assert found.word == word
    assert found.found.value == pytest.approx(power_of_n)


def test_an_interval_across_the_bound_is_unclear(record):
    records = [
        r
        for number, a in enumerate((0.8, 1.0, 1.2))
        for r in power(record, a, metric="latency", number=number)
    ]

    assert verdict(exponent(metric="latency"), records).word == "unclear"


def test_one_round_of_a_measurement_is_unclear_for_a_local_exponent(record):
    records = power(record, 1.0, metric="latency")

    assert verdict(exponent(metric="latency", of="last"), records).word == "unclear"


def test_the_local_exponent_is_of_the_last_doubling(record):
    records = [record(side=16, value=1.0), record(side=32, value=1.0), record(side=64, value=16.0)]

    assert verdict(exponent(of="last"), records).found.value == pytest.approx(2.0)


@pytest.mark.parametrize(
    "told",
    [
        exponent(metric="flops.counted"),
        exponent(kernel="fused"),
        exponent(options={"bases": 32}),
        exponent(mode="training"),
    ],
)
def test_what_no_record_has_is_not_measured_here(record, told):
    found = verdict(told, power(record, 1.0))

    assert found.word == "not measured here"
    assert "needs" in found.detail


def test_a_ratio_is_of_the_largest_shared_size(record):
    records = [
        record(side=16, value=1.0),
        record(side=64, value=3.0),
        record("fcn", side=16, value=1.0),
        record("fcn", side=64, value=9.0),
    ]
    told = claim(kind="ratio", metric="macs.counted", head="ema", to="fcn", within=[0.3, 0.4])

    found = verdict(told, records)

    assert (found.word, found.detail) == ("holds", "at 64x64")
    assert found.found.value == pytest.approx(1 / 3)


def test_a_retried_trial_replaces_what_it_had(record):
    records = [*power(record, 2.0), *power(record, 1.0)]

    assert verdict(exponent(), records).word == "holds"
