import pytest

from attnbench.heads import HEADS
from attnbench.run.executors import inline
from attnbench.trial import Budget, Limits, Shape, Task, Trial

QUICK = Budget(min_samples=2, max_seconds=0, min_sample_seconds=0, warmup_seconds=0)


def done(*metrics, limits=Limits(), **trial):
    told = {"head": "fcn", "shape": Shape(1, 16, 6, 5), "device": "cpu"} | trial
    (record,) = inline([Task(Trial(**told), metrics, budget=QUICK, limits=limits, seed=5)])
    return record


def test_a_record_says_what_was_measured_of_what_where_and_when():
    record = done("params", "latency")

    assert record.status == "ok"
    assert record.readings["params"].samples == (16 * 16 * 9 + 2 * 16,)
    assert len(record.readings["latency"].samples) == 2
    assert record.key == record.trial.key
    assert record.environment
    assert record.source
    assert record.started.endswith("+00:00")
    assert record.seed == 5


def test_a_metric_without_a_reading_keeps_its_reason_beside_the_others():
    record = done("counted", "params", mode="training", device="meta")

    assert record.status == "ok"
    assert set(record.readings) == {"params", "params.frozen"}
    assert record.unmeasured == {
        "counted": "counts the forward pass; it is taken with mode inference"
    }


def test_a_step_that_is_predicted_not_to_fit_is_skipped_and_not_run():
    record = done("latency", head="non_local", shape=Shape(1, 16, 512, 512))

    assert record.status == "skipped"
    assert record.message.startswith("predicted peak 512 GiB, above the 7.45 GiB allowed")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (MemoryError(), "oom"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "oom"),
        (ValueError("no"), "error"),
    ],
)
def test_what_a_head_raises_is_the_status_of_its_trial(monkeypatch, error, status):
    def broken(_channels):
        raise error

    monkeypatch.setitem(HEADS._entries, "fcn", broken)
    record = done("latency")

    assert record.status == status
    assert type(error).__name__ in record.message


def test_an_option_out_of_range_is_an_error_of_the_trial():
    record = done(head="ema", options={"bases": 0}, device="meta")

    assert (record.status, record.message) == ("error", "ema: bases = 0: expected a number above 0")


def test_limits_are_of_the_step_not_of_the_process():
    # 16 channels of 6 x 5 in float32 need 2 KiB; an interpreter with torch needs far more.
    assert done("latency", limits=Limits(memory_bytes=100_000)).status == "ok"


def test_a_step_that_takes_more_than_it_may_is_out_of_memory(monkeypatch):
    from attnbench.run import worker

    monkeypatch.setattr(worker, "predicted_peak", lambda _bench: 0)
    monkeypatch.setattr(worker, "ADDRESS_SPACE_SLACK", 0)

    # One map of the pairs of 96 x 96 pixels takes 340 MB.
    limits = Limits(memory_bytes=100_000_000)
    record = done("latency", head="non_local", shape=Shape(1, 16, 96, 96), limits=limits)

    assert record.status == "oom"
    assert "allocate" in record.message
    assert done("latency").status == "ok"
