"""Runs for the API, made up or really measured, both small."""

from pathlib import Path

from attnbench.api.run_handle import Run
from attnbench.record import Reading, Record
from attnbench.store import read_run
from tests.run_folders import environment, trial, write

TINY = """
title    = "tiny"
question = "does it run?"
heads    = ["fcn", "ema"]

[[sweep]]
device   = "meta"
metrics  = ["params", "counted"]
channels = 16
size     = [4, 6, 8]

[[claim]]
id     = "fcn-linear"
says   = "linear"
source = "arithmetic"
check  = { kind = "exponent", metric = "macs.counted", head = "fcn", within = [0.99, 1.01] }
"""


def records(values, metric="latency", unit="s", origin="measured", better="lower", **fields):
    """One record for each value, a round each, on the trial of `fields`."""
    told = trial(**fields)
    return [
        Record(told, told.key, n, "ok", readings={metric: Reading((v,), unit, better, origin)})
        for n, v in enumerate(values)
    ]


def run(results, number, made, here=None, **info) -> Run:
    """The run of these records, all on one machine unless `here` is another."""
    return Run.at(write(results, number, made, here=here or environment(), **info))


def stored(path: Path):
    return read_run(path)
