import msgspec
import pytest

from attnbench.claims import Claim
from attnbench.verdicts import verdicts
from tests.replacing import replace

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


def test_an_exponent_may_be_over_channels_or_an_option(record):
    wide = [replaced(record(value=5.0 * c**2), channels=c) for c in (64, 128, 256)]
    many = [record(value=2.0 * k**3, options={"bases": k}) for k in (16, 32)]
    many.append(record(value=2.0 * 64**3))  # the default of the option

    over_channels = verdict(exponent(over="channels", within=[1.99, 2.01]), wide)
    over_bases = verdict(exponent(over="bases", within=[2.99, 3.01]), many)

    assert (over_channels.word, over_channels.detail) == ("holds", "over 64 to 256")
    assert (over_bases.word, over_bases.detail) == ("holds", "over 16 to 64")


def replaced(made, **shape):
    trial = replace(made.trial, shape=replace(made.trial.shape, **shape))
    return replace(made, trial=trial, key=trial.key)


@pytest.mark.parametrize(("within", "word"), [([7, 7], "holds"), ([8, 9], "fails")])
def test_a_value_is_of_the_size_that_is_named(record, within, word):
    records = [record(side=16, value=7.0), record(side=32, value=8.5)]

    told = claim(kind="value", metric="macs.counted", head="ema", size=16, within=within)

    assert verdict(told, records).word == word
    assert verdict(told, records).unit == "MACs"


def test_two_forms_are_equal_if_no_round_tells_them_apart(record):
    rounds = [record(value=v, metric="latency", number=n) for n, v in enumerate((3.0, 90.0))]
    told = claim(kind="equal", metric="latency", head="ema", within=[0, 89])

    assert verdict(told, rounds).word == "fails"
    assert verdict(told, rounds[:1]).word == "holds"


def test_a_ratio_may_be_of_two_kernels_or_metrics_of_one_head(record):
    modelled = record(value=3.0, metric="macs.modelled", origin="modelled").readings
    both = record(value=6.0)
    both = replace(both, readings=both.readings | modelled)
    records = [both, record(value=2.0, kernel="fused")]
    told = {"kind": "ratio", "metric": "macs.counted", "head": "ema"}

    kernels = verdict(claim(**told, to={"kernel": "fused"}, within=[3, 3]), records)
    metrics = verdict(claim(**told, to={"metric": "macs.modelled"}, within=[2, 2]), records)

    assert (kernels.word, metrics.word) == ("holds", "holds")


@pytest.mark.parametrize(("sides", "word"), [((16, 33), "holds"), ((16, 20), "fails")])
def test_a_crossing_is_the_pixels_from_which_one_stays_cheaper(record, sides, word):
    """100 a pixel against one a pair: equal at N = 100 is below the sizes, at 1000 within."""
    records = [record(side=s, value=1000.0 * s * s) for s in SIDES]
    records += [record("non_local", side=s, value=float((s * s) ** 2)) for s in SIDES]
    within = [side**2 for side in sides]

    found = verdict(
        claim(kind="crossing", metric="macs.counted", head="ema", to="non_local", within=within),
        records,
    )

    assert found.found.value == pytest.approx(1000.0)
    assert found.word == word


def test_what_never_crosses_says_so(record):
    records = [record(side=s, value=2.0 * s * s) for s in SIDES]
    records += [record("fcn", side=s, value=1.0 * s * s) for s in SIDES]
    told = claim(
        kind="crossing", metric="macs.counted", head="ema", to="fcn", within=[1, float("inf")]
    )

    assert verdict(told, records).found.value == float("inf")
    assert verdict(told, records).word == "holds"


def test_an_order_holds_if_every_step_does(record):
    records = [record("eca", value=1.0), record("gc", value=5.0), record("se", value=8.0)]
    heads = ["eca", "gc", "se"]

    def word(**more):
        return verdict(
            claim(kind="order", metric="macs.counted", heads=heads, **more), records
        ).word

    assert word() == "holds"
    assert word(within=[1.5, 100]) == "holds"
    assert word(within=[2, 100]) == "fails"  # 8 / 5 is less


def test_a_rank_correlation_is_over_all_heads(record):
    costs = {"ema": 1.0, "gc": 2.0, "isa": 3.0, "non_local": 4.0}
    times = {"ema": 2.0, "gc": 1.0, "isa": 3.0, "non_local": 4.0}
    records = [record(head, value=v) for head, v in costs.items()]
    records += [
        record(head, value=v, metric="latency", number=n)
        for head, v in times.items()
        for n in (1, 2)
    ]
    told = claim(kind="correlation", metric="macs.counted", against="latency", within=[0.79, 0.81])

    found = verdict(told, records)  # 1 - 6 * (1 + 1) / (4 * 15)

    assert found.found.value == pytest.approx(0.8)
    assert found.word == "holds"


def test_a_claim_without_a_check_says_what_it_needs(record):
    told = Claim("c", "s", "p", needs="trained weights")

    assert verdict(told, [record()]).detail == "needs trained weights"


def test_a_part_or_a_width_that_is_named_is_the_one_that_is_meant(record):
    records = [record(value=1.0), replaced(record(value=9.0), channels=64)]
    told = {"kind": "value", "metric": "macs.counted", "head": "ema", "within": [9, 9]}

    assert verdict(claim(**told, channels=64), records).word == "holds"
    assert verdict(claim(**told, channels=64, part="head"), records).found is None


def test_a_claim_may_name_part_and_backbone(record):
    records = [
        record(value=float(depth), part="network", backbone=f"resnet{depth}") for depth in (50, 101)
    ]
    told = claim(
        kind="ratio", head="ema", metric="macs.counted", part="network", backbone="resnet101",
        to={"backbone": "resnet50"}, within=[2, 2.1],
    )  # fmt: skip

    found = verdict(told, records)

    assert (found.word, found.found.value) == ("holds", 101 / 50)
    assert str(told.check.subjects[0]) == "ema, network, resnet101"


def accuracies(record, head, *values, **more):
    more = {"metric": "accuracy", "mode": "training"} | more
    return [record(head, value=v, number=r, **more) for r, v in enumerate(values)]


def difference(**check):
    told = {"kind": "difference", "metric": "accuracy", "mode": "training", "head": "ema"}
    return claim(**(told | {"to": "fcn", "within": [0.05, float("inf")]} | check))


def test_a_difference_is_that_of_paired_rounds(record):
    """Far apart from round to round, and 0.1 ± 2.5 % apart within each: t(2) = 4.303."""
    records = accuracies(record, "ema", 0.4, 0.61, 0.79) + accuracies(record, "fcn", 0.3, 0.5, 0.7)

    found = verdict(difference(), records)

    assert found.word == "holds"
    assert found.found.value == pytest.approx(0.1)
    assert found.found.high - found.found.value == pytest.approx(4.303 * 0.01 / 3**0.5, rel=1e-3)
    assert found.detail == "3 paired rounds at 16x16"


@pytest.mark.parametrize(
    ("ours", "word"),
    [((0.50, 0.60, 0.70), "holds"), ((0.48, 0.62, 0.70), "unclear"), ((0.6, 0.7, 0.8), "fails")],
)
def test_two_are_equivalent_if_the_whole_interval_is_within_the_margin(record, ours, word):
    records = accuracies(record, "ema", *ours) + accuracies(record, "fcn", 0.5, 0.6, 0.7)

    assert verdict(difference(within=[-0.02, 0.02]), records).word == word


def test_one_seed_decides_no_difference(record):
    records = accuracies(record, "ema", 0.9) + accuracies(record, "fcn", 0.3)

    assert verdict(difference(), records).word == "unclear"


def test_a_round_that_one_of_two_lacks_is_in_no_difference(record):
    records = accuracies(record, "ema", 0.4, 0.5, 0.6, 9.0) + accuracies(
        record, "fcn", 0.3, 0.4, 0.5
    )

    found = verdict(difference(), records)

    assert found.found.value == pytest.approx(0.1)


def test_without_a_shared_round_there_is_no_difference(record):
    records = [
        *accuracies(record, "ema", 0.4),
        record("fcn", value=0.3, number=5, metric="accuracy", mode="training"),
    ]

    found = verdict(difference(), records)

    assert (found.word, found.detail) == (
        "not measured here",
        "needs a round with both ema and fcn at 16x16",
    )


def test_a_difference_may_be_of_two_options_of_a_head(record):
    few = accuracies(record, "ema", 0.4, 0.5, 0.6, options={"iterations": 1})
    told = difference(to={"options": {"iterations": 1}})

    assert verdict(told, [*accuracies(record, "ema", 0.5, 0.6, 0.7), *few]).word == "holds"
