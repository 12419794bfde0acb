"""What attnbench costs itself, against its budgets: `make bench`. No part of the tests.

Each budget is held by the median of repetitions; where it is about start-up, each is a fresh
process. On another machine, or a busy one, a budget may well fail: compare it with the reference.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter

import pytest
import torch
from torch import Tensor

from attnbench.heads import HEADS, kernels
from attnbench.kinds import MODES
from attnbench.measure._bench import Bench
from attnbench.measure._step import Step, undisturbed
from attnbench.measure._timing import hot
from attnbench.run.executors import WorkerSlot
from attnbench.run.isolate import Worker
from attnbench.trial import Shape, Task, Trial

STATIC = ("params", "modelled", "counted", "memory_predicted")
SIDES = (32, 64, 128, 256, 512)
BATCH = 2  # batch norm trains on no single value, as a pool of one image is
RECORDS = 10**6
LIGHT = ("eca", "se", "gc")  # heads whose step is the shortest
READ = """
import os, sys
from pathlib import Path
from time import perf_counter
from attnbench.store import read_run
begin = perf_counter()
records = read_run(Path(sys.argv[1])).records
print(perf_counter() - begin, len(records), flush=True)
os._exit(0)
"""


def attnbench(*words: str) -> list[str]:
    return [sys.executable, "-m", "attnbench", *words]


def run(command: list[str]) -> str:
    """What it printed on stdout."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def peak_gb(command: list[str]) -> float:
    """The largest resident set of the command, in GB."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_maxrss * 1024 / 1e9


@pytest.mark.parametrize(("word", "seconds"), [("--help", 0.2), ("list", 0.5)])
def test_start(benchmark, held, word, seconds):
    benchmark.pedantic(run, [attnbench(word)], rounds=15, warmup_rounds=1)

    held(f"attnbench {word}", benchmark.stats.stats.data, "s", at_most=seconds)


@pytest.fixture(scope="module")
def worker(tmp_path_factory) -> Iterator[WorkerSlot]:
    """A worker that has done a task, and so imported all that it needs."""
    slot = WorkerSlot(partial(Worker, tmp_path_factory.mktemp("worker") / "log"))
    slot.do(static("ema", "eager", 16, "training"))
    yield slot
    slot.stop()


def static(head: str, kernel: str, side: int, mode: str) -> Task:
    return Task(Trial(head, Shape(BATCH, 512, side, side), mode=mode, kernel=kernel), STATIC)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("side", SIDES)
def test_static_trials(benchmark, held, worker, side, mode):
    """All heads in all kernels that can be counted, one task after another, as in a run."""
    tasks = [static(h, k, side, mode) for h in HEADS for k in kernels(h) if k != "compiled"]

    def all_of_them() -> None:
        assert {worker.do(task).status for task in tasks} == {"ok"}

    benchmark.pedantic(all_of_them, rounds=15)

    rates = [len(tasks) / seconds for seconds in benchmark.stats.stats.data]
    held(f"static trials a second, {side}x{side} {mode}", rates, "/s", at_least=100)


@pytest.fixture(scope="module")
def million(tmp_path_factory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("million") / "run"
    run([sys.executable, "-m", "tests.report.million", str(folder), "--records", str(RECORDS)])
    yield folder
    shutil.rmtree(folder)


def test_reading(held, million):
    read = [run([sys.executable, "-c", READ, str(million)]).split() for _ in range(3)]

    assert {int(number) for _, number in read} == {RECORDS}
    held("reading 1,000,000 records", [float(seconds) for seconds, _ in read], "s", at_most=10)


def test_report(held, million, tmp_path):
    """Once: half a minute."""
    begin = perf_counter()

    peak = peak_gb(attnbench("report", str(million), "--reports", str(tmp_path)))

    seconds = perf_counter() - begin
    held("memory of reporting 1,000,000 records", [peak], "GB", at_most=2)
    held("reporting 1,000,000 records", [seconds], "s", at_most=30)


class Nothing:
    """In the place of a head and of what it returns: costs as little as Python can."""

    def __call__(self, _x: Tensor) -> "Nothing":
        return self

    def backward(self, _cotangent: Tensor) -> None:
        """Of nothing."""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("head", LIGHT)
def test_timing_loop(held, head, mode):
    """What a sample adds to a loop as anybody would write it, both around a head that does nothing:

    a share of a sample of the head itself. Beside that head it would be lost in its variation.
    """
    torch.set_num_threads(1)
    bench = Bench(Trial(head, Shape(1, 512, 16, 16), device="cpu", mode=mode))
    empty = replace(bench.real, module=Nothing())
    vars(empty)["_weights"] = bench.real._weights
    calls, sampled = bench.hot.calls, min(bench.hot.values) * bench.hot.calls
    laps, bare = hot(bench.device, empty.afresh), _infer if mode == "inference" else _train
    with undisturbed(empty):
        shares = [
            (_fastest(lambda: laps(calls).seconds) - _fastest(lambda: bare(empty, calls))) / sampled
            for _ in range(5)
        ]

    held(f"overhead of a sample, {head} 16x16 {mode}", shares, "share", at_most=0.01)


def _fastest(seconds: Callable[[], float]) -> float:
    return min(seconds() for _ in range(50))


def _infer(step: Step, calls: int) -> float:
    """Seconds of so many calls."""
    module, x = step.module, step.x
    begin = perf_counter()
    for _ in range(calls):
        module(x)
    return perf_counter() - begin


def _train(step: Step, calls: int) -> float:
    module, x, cotangent, tensors = step.module, step.x, step.cotangent, [*step._weights, step.x]
    begin = perf_counter()
    for _ in range(calls):
        for tensor in tensors:
            tensor.grad = None
        module(x).backward(cotangent)
    return perf_counter() - begin


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_measuring_windows_of_a_sweep(held, tmp_path):
    words = ("--suite", "resolution-sweep", "--device", "cuda", "--verbose", "--set", "rounds=1")
    told = subprocess.run(
        attnbench("run", *words, "--results", str(tmp_path)),
        check=True, capture_output=True, text=True,
    ).stderr  # fmt: skip

    share = float(re.search(r"measuring windows .* ([\d.]+)%", told)[1]) / 100
    held("measuring windows of a GPU sweep", [share], "share", at_least=0.8)
