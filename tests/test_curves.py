import pytest

from attnbench.curves import curves


def test_sizes_are_in_order_whatever_the_order_of_the_records(record):
    (curve,) = curves([record(side=s, value=float(s)) for s in (64, 16, 32)], "macs.counted")

    assert curve.sizes == ((16, 16), (32, 32), (64, 64))
    assert curve.rounds == ((16.0, 32.0, 64.0),)


def test_lines_are_apart_by_head_options_kernel_and_mode(record):
    records = [
        record(),
        record("gc"),
        record(options={"bases": 32}),
        record("isa", kernel="fused"),
        record(mode="training"),
    ]

    assert len(curves(records, "macs.counted")) == 5


def test_a_round_that_misses_a_size_is_left_out(record):
    records = [
        record(side=s, value=1.0, metric="latency", number=n)
        for s, n in [(16, 0), (32, 0), (16, 1), (32, 1), (16, 2)]
    ]

    (curve,) = curves(records, "latency")

    assert len(curve.rounds) == 2
    assert curve.numbers == (0, 1)


def test_the_value_of_a_round_is_the_median_of_its_samples(record):
    (curve,) = curves([record(value=(3.0, 1.0, 50.0), metric="latency")], "latency")

    assert curve.rounds == ((3.0,),)


def test_a_measured_value_has_the_interval_of_its_rounds(record):
    records = [record(value=v, metric="latency", number=n) for n, v in enumerate((1.0, 2.0, 3.0))]
    (curve,) = curves(records, "latency")

    at = curve.at(0)

    assert at.value == pytest.approx(2.0)
    assert at.low < 1.0  # t(0.975, 2) / sqrt(3) = 2.48
