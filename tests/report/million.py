"""A run of a million records that was never run, to see what size does to reading and reporting.

    python -m tests.report.million FOLDER --records 1000000

By default: the heads of the suite resolution-sweep and five of them with options, in every kernel
but the compiled one, at twelve sizes, four batches, two widths, two dtypes, two modes and on two
devices: about 28,000 trials that were measured and 14,000 that were counted. Counted trials have
one record each, with parameters, MACs and FLOPs by kind of work, launches and predicted memory.
Measured ones have as many rounds as the wanted records need (about 36 of a million), each with ten
samples of latency and the first call; all have their own times, seeds and durations, and no two
samples are equal. The first round, as of any run, also has two or three readings of memory; with
--memory-each-round all have them, as those of many runs in one would. Dense heads run out of memory
on large maps, each in its own words, and are skipped on the largest of the CPU; one in a hundred
crashed at an address that no other has, fewer ran out of time; energy has no reading on the CPU;
one reading in thirty was disturbed. Its suite and claims are those of resolution-sweep.
"""

import argparse
import itertools
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from attnbench import heads
from attnbench.kinds import NO_DEVICE
from attnbench.store import RECORDS, RunInfo, RunWriter
from attnbench.trial import Option, Shape, Trial
from tests.run_folders import environment

Chosen = tuple[str, dict[str, Option]]

SUITE = Path(__file__).parents[2] / "suites" / "resolution-sweep.toml"
PLAIN = (
    "fcn", "non_local", "self_attention", "dnl", "danet", "psa", "ema", "a2", "ann", "ocr",
    "glore", "enc", "isa", "ccnet", "cgnl", "gc", "gsop", "se", "eca", "cbam", "bam", "ppm", "aspp",
)  # fmt: skip
WITH_OPTIONS: tuple[Chosen, ...] = (
    ("isa", {"partition": "balanced"}),
    ("ema", {"bases": 32}),
    ("ema", {"bases": 128}),
    ("non_local", {"scale": False}),
    ("dnl", {"temperature": 0.1}),
)
POWERS = {"pairwise": 2.0, "factorised": 1.5}  # of N, by family; the others are linear
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
SAMPLES = 10
CARD, LONGEST = 24 * 10**9, 128  # bytes of memory; the largest side of a dense head on the CPU
NOTES = ('["12 calls a sample","precision reached"]', '["1 call a sample","budget spent"]')
DISTURBED = '["3 calls a sample","spread settled","slowed down in 2 of 12 samples"]'
UNMEASURED = '{"energy":"this device has no energy counter"}'


@dataclass(frozen=True)
class Sweep:
    """What was asked for: every combination of these."""

    heads: tuple[Chosen, ...] = (*((name, {}) for name in PLAIN), *WITH_OPTIONS)
    sides: tuple[int, ...] = (16, 24, 32, 48, 64, 96, 128, 160, 192, 224, 256, 384)
    batches: tuple[int, ...] = (1, 2, 4, 8)
    channels: tuple[int, ...] = (256, 512)
    dtypes: tuple[str, ...] = ("float32", "bfloat16")
    devices: tuple[str, ...] = ("cpu", "cuda")
    has_memory_each_round: bool = False

    def trials(self, devices: tuple[str, ...]) -> list[Trial]:
        kernels = {name: heads.kernels(name)[:-1] for name, _ in self.heads}  # compiled is the last
        axes = (self.batches, self.channels, self.dtypes, ("inference", "training"), self.sides)
        return [
            Trial(
                name, Shape(batch, channels, side, side), options, dtype=dtype, device=device,
                mode=mode, kernel=kernel,
            )
            for device, batch, channels, dtype, mode, side in itertools.product(devices, *axes)
            for name, options in self.heads
            for kernel in kernels[name]
        ]  # fmt: skip


def write(folder: Path, records: int, sweep: Sweep | None = None) -> Path:
    """The run folder, made at `folder`, which is not there yet. Of one seed: the same bytes."""
    sweep = sweep or Sweep()
    folder.mkdir(parents=True)
    info = RunInfo("resolution-sweep", BEGUN.isoformat(), "0.1.0", 7, ", ".join(sweep.devices), 2)
    writer = RunWriter.begin(folder, info, SUITE.read_text(encoding="utf-8"))
    for number, device in enumerate(sweep.devices):
        writer.add_environment(replace(environment(number), id=device, os="Linux 6.1 x86_64"))
    writer.close()
    with (folder / RECORDS).open("w", encoding="utf-8") as stream:
        stream.writelines(itertools.islice(lines(sweep), records))
    return folder


def lines(sweep: Sweep) -> Iterator[str]:
    """Lines of records without end: what is counted, then round by round in random order."""
    random, clock = Random(7), itertools.count()
    for trial in sweep.trials((NO_DEVICE,)):
        yield _Made(trial).counted(random, next(clock))
    measured = [_Made(trial) for trial in sweep.trials(sweep.devices)]
    for number in itertools.count():
        random.shuffle(measured)
        for made in measured:
            if number == 0 or not made.is_skipped:
                has_memory = number == 0 or sweep.has_memory_each_round
                yield made.measured(random, next(clock), number, has_memory=has_memory)


@cache
def _declared(head: str) -> dict[str, Any]:
    return heads.describe(head).keywords


class _Made:
    """What the records of one trial share."""

    def __init__(self, trial: Trial):
        self.trial = trial
        self.begin = f'{{"trial":{json.dumps(asdict(trial), separators=(",", ":"))}'
        self.begin += f',"key":"{trial.key}"'
        told = _declared(trial.head)
        shape, self.params = trial.shape, int(told["params"])
        n, c = shape.pixels, shape.channels
        power = POWERS.get(told["family"], 1.0)
        self.pairs = int(n**power) * (64 if power == 1 else 1)
        self.steps = shape.batch * (3 if trial.mode == "training" else 1)
        self.convolution, self.contraction = self.params * n * shape.batch, self.pairs * c
        self.width = 4 if trial.dtype == "float32" else 2
        stored = 0 if trial.kernel == "fused" else 2 * self.pairs
        self.peak = self.width * self.steps * (stored + 3 * n * c)
        speed = 1.2e11 if trial.device == "cpu" else 2e13
        work = 2 * self.steps * (self.convolution / shape.batch + self.contraction)
        self.seconds = 1e-4 + work / speed + self.peak / (speed / 10)
        self.is_dense = power == 2
        at_length = self.is_dense and shape.height > LONGEST
        self.is_skipped = trial.device == "cpu" and at_length
        self.is_too_large = trial.device == "cuda" and self.peak > CARD

    def counted(self, random: Random, clock: int) -> str:
        macs = {"convolution": self.convolution, "contraction": self.contraction}
        flops = {k: 2 * v for k, v in macs.items()} | {"normalisation": 4 * self.trial.shape.pixels}
        launches = {"bmm": 2, "convolution": len(self.trial.head), "_softmax": 1}
        readings = [
            _reading("params", str(self.params), "", "counted"),
            _reading("params.frozen", "0", "", "counted"),
            _count("macs.modelled", macs, "MACs", "modelled"),
            _count("macs.counted", macs, "MACs", "counted"),
            _count("flops.modelled", flops, "FLOPs", "modelled"),
            _count("flops.counted", flops, "FLOPs", "counted"),
            _count("launches.counted", launches, "", "counted"),
            _reading("memory_predicted", str(self.peak), "bytes", "predicted"),
            _reading("memory_predicted.baseline", str(4 * self.params), "bytes", "predicted"),
        ]
        if self.trial.mode == "training":
            del readings[2:7]
        return self._line(0, "ok", readings, "{}", "", random, clock)

    def measured(self, random: Random, clock: int, number: int, *, has_memory: bool) -> str:
        status, message = self._fate(random)
        if status != "ok":
            return self._line(number, status, [], "{}", message, random, clock)
        middle = self.seconds * random.gauss(1, 0.02)
        samples = ",".join([repr(middle * random.uniform(0.98, 1.05)) for _ in range(SAMPLES)])
        notes = DISTURBED if random.random() < 1 / 30 else NOTES[self.seconds > 0.1]
        readings = [
            _reading("latency", samples, "s", "measured", notes),
            _reading("latency.first", repr(middle * 40), "s", "measured"),
        ]
        if has_memory:
            readings += [
                _reading("memory", str(self.peak), "bytes", "measured", '["live storages"]'),
                _reading("memory.baseline", str(4 * self.params), "bytes", "measured"),
            ]
        if has_memory and self.trial.mode == "training":
            readings.append(_reading("memory.forward", str(self.peak // 2), "bytes", "measured"))
        unmeasured = UNMEASURED if self.trial.device == "cpu" else "{}"
        return self._line(number, "ok", readings, unmeasured, "", random, clock)

    def _fate(self, random: Random) -> tuple[str, str]:
        if self.is_skipped:
            return "skipped", f"above {LONGEST}x{LONGEST} a dense head takes minutes a step"
        if self.is_too_large:
            return "oom", f"tried to allocate {self.peak / 2**30:.2f} GiB, of which none is free"
        drawn = random.random()
        if drawn < 0.01:
            return "crashed", f"worker ended by signal 11, at {random.getrandbits(47):#x}"
        return ("timeout", "took longer than 120 s") if drawn < 0.014 else ("ok", "")

    def _line(
        self, number: int, status: str, readings: list[str], unmeasured: str, message: str,
        random: Random, clock: int,
    ) -> str:  # fmt: skip
        started = (BEGUN + timedelta(milliseconds=731 * clock)).isoformat(timespec="milliseconds")
        here = self.trial.device if self.trial.device != NO_DEVICE else "cpu"
        return (
            f'{self.begin},"round":{number},"status":"{status}","environment":"{here}",'
            f'"source":"{self.trial.head}","readings":{{{",".join(readings)}}},'
            f'"unmeasured":{unmeasured},"message":"{message}","started":"{started}",'
            f'"seconds":{0.2 + random.random():.6f},"seed":{random.getrandbits(31)},'
            '"run":"","schema":4}\n'
        )


def _reading(
    metric: str, samples: str, unit: str, origin: str, notes: str = "[]", terms: str = "{}"
) -> str:
    return (
        f'"{metric}":{{"samples":[{samples}],"unit":"{unit}","better":"lower",'
        f'"origin":"{origin}","terms":{terms},"notes":{notes},"pictures":{{}}}}'
    )


def _count(metric: str, terms: dict[str, int], unit: str, origin: str) -> str:
    told = msgspec.json.encode(terms).decode()
    return _reading(metric, str(sum(terms.values())), unit, origin, terms=told)


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes up a large run.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--records", type=int, default=10**6)
    parser.add_argument("--memory-each-round", action="store_true")
    told = parser.parse_args()
    sweep = Sweep(has_memory_each_round=told.memory_each_round)
    print(write(told.folder, told.records, sweep))


if __name__ == "__main__":
    main()
