from pathlib import Path

from attnbench.frame import frame
from attnbench.store import Run, RunInfo


def test_a_row_is_a_reading_of_a_round_with_its_median(record):
    info = RunInfo("suite", "", "0", seed=1, device="cpu", threads=1)
    records = (
        record(value=(1.0, 9.0, 2.0), metric="latency"),
        record(value=(3.0,), metric="latency", number=1),
        record(status="oom", side=32),
    )

    rows = frame(Run(Path("results/r"), info, "", records, {}))

    assert list(rows["value"]) == [2.0, 3.0]
    assert list(rows["round"]) == [0, 1]
    assert set(rows["label"]) == {"ema"}
    assert set(rows["pixels"]) == {256}
    assert rows["samples"][0] == (1.0, 9.0, 2.0)
