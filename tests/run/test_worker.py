import subprocess
import sys

import pytest
import torch
from torch import nn

from attnbench import measure
from attnbench.errors import AttnbenchError
from attnbench.heads import HEADS, describe
from attnbench.kinds import MODES
from attnbench.measure._bench import Bench
from attnbench.run import protocol
from attnbench.run.executors import inline
from attnbench.run.worker import perform
from attnbench.stopwatch import Stopwatch
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
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), "oom"),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), "error"),
        (ValueError("no"), "error"),
        (SystemExit("no more"), "error"),
        (RecursionError("maximum recursion depth exceeded"), "error"),
    ],
)
def test_what_a_head_raises_is_the_status_of_its_trial(monkeypatch, error, status):
    def broken(_channels):
        raise error

    monkeypatch.setitem(HEADS._entries, "fcn", broken)
    record = done("latency")

    assert record.status == status
    assert type(error).__name__ in record.message


class Wrong(nn.Module):
    """Gives what `change` makes of its input."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def forward(self, x):
        return self.change(x)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x * float("nan"), "fcn: output has NaN or infinity in it"),
        (lambda x: x[:, 1:], "fcn: output has shape (1, 15, 6, 5), expected (1, 16, 6, 5)"),
    ],
)
def test_nan_and_another_shape_are_errors_of_the_trial(monkeypatch, change, message):
    monkeypatch.setitem(HEADS._entries, "fcn", lambda _channels: Wrong(change))
    record = done("params", "latency")

    assert (record.status, record.message) == ("error", message)
    assert "latency" not in record.readings


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raise OSError('no weights here')", "OSError: no weights here"),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("def (", "SyntaxError: invalid syntax (broken.py, line 1)"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("", "TypeError: made_heads.broken declares no head"),
    ],
)
def test_a_head_whose_file_cannot_be_imported_is_an_error_of_its_trials(
    monkeypatch, tmp_path, text, message
):
    folder = tmp_path / "made_heads"
    folder.mkdir()
    (folder / "broken.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(HEADS, "folder", folder)
    monkeypatch.setattr(HEADS, "_package", "made_heads")
    record = done("latency", head="broken")

    assert (record.status, record.message) == ("error", message)


def test_a_head_that_is_not_python_is_one_line_to_who_lists_it(monkeypatch, tmp_path):
    (tmp_path / "broken.py").write_text("def (")
    monkeypatch.setattr(HEADS, "folder", tmp_path)

    with pytest.raises(AttnbenchError, match=r"broken.py:1: not valid Python: invalid syntax"):
        describe("broken")


STATIC = ("params", "modelled", "counted", "memory_predicted")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", HEADS)
def test_what_went_before_at_another_size_is_not_in_a_reading(name, mode):
    def static(*sides):
        return done(*STATIC, head=name, shape=Shape(2, 32, *sides), mode=mode, device="meta")

    static(16, 8)

    after = static(13, 11)

    assert after.status == "ok"
    bench = Bench(after.trial)
    for metric in set(STATIC) - after.unmeasured.keys():
        assert after.readings.items() >= measure.readings(metric, bench).items()


GROWING = """
from torch import nn

class Growing(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.layers = nn.ModuleList()

    def forward(self, x):
        self.layers.append(nn.Conv2d(x.shape[1], x.shape[1], 1))
        return self.layers[-1](x)
"""


def test_a_head_of_a_user_is_built_anew_for_every_task(tmp_path, monkeypatch):
    monkeypatch.setattr(HEADS, "_own", {})
    (tmp_path / "growing.py").write_text(GROWING)
    name = HEADS.adopt(f"{tmp_path / 'growing.py'}:Growing")

    records = [done("params", "counted", head=name, device="meta") for _ in range(2)]

    assert [r.readings["params"].samples for r in records] == [(0,), (0,)]


FORKING = """
import os
from attnbench.run import worker
perform = worker.perform
def forked(*told):
    os.fork()
    print("from Python")
    os.write(1, b"from C")
    return perform(*told)
worker.perform = forked
worker.main()
"""


def test_a_copy_that_a_head_makes_of_the_worker_does_not_answer_and_prints_are_no_answers():
    task = Task(Trial("fcn", Shape(1, 16, 6, 5)), ("params",))
    told = subprocess.run(
        [sys.executable, "-c", FORKING, "{}"],
        input=protocol.encode(task) * 2,
        capture_output=True,
        timeout=60,
    )

    hello, *records = told.stdout.splitlines()
    assert protocol.hello(hello).devices[0] == "cpu"
    assert [protocol.record(r).status for r in records] == ["ok", "ok"]
    assert [protocol.spent(r).keys() for r in records] == [
        {"heads and inputs", "other metrics"}
    ] * 2
    assert told.stderr.count(b"from C") == 4


@pytest.mark.parametrize("metric", ["latency", "params"])
def test_what_a_task_took_is_told_part_by_part(metric):
    task = Task(Trial("fcn", Shape(1, 16, 6, 5), device="cpu"), (metric,), budget=QUICK)
    spent = Stopwatch()

    record = perform(task, "here", spent)

    timed = {"measuring windows", "warm-up"} if metric == "latency" else set()
    assert spent.seconds.keys() == {"heads and inputs", "other metrics"} | timed
    assert all(seconds > 0 for seconds in spent.seconds.values())
    assert sum(spent.seconds.values()) <= record.seconds


def test_an_answer_is_a_record_and_where_the_time_went():
    record = done("params")

    line = protocol.answer(record, {"warm-up": 0.5})

    assert line.endswith(b"}\n")
    assert protocol.record(line) == record
    assert protocol.spent(line) == {"warm-up": 0.5}


def test_a_worker_of_an_older_version_tells_no_times():
    assert protocol.spent(protocol.encode(done("params"))) == {}


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
