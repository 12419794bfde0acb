"""Run folders with what a test says they found."""

from datetime import UTC, datetime, timedelta

from attnbench.kinds import NO_DEVICE
from attnbench.record import Environment, Reading, Record
from attnbench.store import RunInfo, RunWriter
from attnbench.trial import Shape, Trial
from tests.replacing import replace

FIRST = datetime(2026, 9, 1, 12, tzinfo=UTC)
COUNTS = ("macs", "params")


def trial(head="ema", side=64, **fields):
    return Trial(head, Shape(1, 512, side, side), **({"device": "cpu"} | fields))


def environment(number=0, **fields):
    told = {
        "id": f"environment{number}", "attnbench": "0.1.0", "python": "3.11", "torch": "2.13",
        "numpy": "2", "fvcore": "0", "cuda": "", "driver": "", "os": "Linux", "cpu": "A processor",
        "cores": 2, "memory_bytes": 16, "threads": 1, "commit": f"c0ffee{number:06d}",
    }  # fmt: skip
    return Environment(**(told | fields))


def record(head="ema", rounds=(1.0, 1.0, 1.0), metric="latency", source="s", unit="s", **fields):
    """One record for each round, with one sample, or the samples of a tuple."""
    counted = metric.startswith(COUNTS)
    told = trial(head, **({"device": NO_DEVICE} if counted else {}) | fields)
    made = []
    for number, value in enumerate(rounds):
        samples = value if isinstance(value, tuple) else (value,)
        kind, origin = ("MACs", "counted") if counted else (unit, "measured")
        reading = Reading(samples, kind, "lower", origin)
        made.append(Record(told, told.key, number, "ok", readings={metric: reading}, source=source))
    return made


def write(results, number, records, *, here=None, name="", **info):
    """The folder of the run made `number` days after the first."""
    made = FIRST + timedelta(days=number)
    here = here or environment(number)
    path = results / (name or f"{made:%Y%m%d-%H%M%S}-made-up")
    path.mkdir(parents=True)
    told = {
        "suite": "made-up", "created": made.isoformat(), "attnbench": "0.1.0", "seed": number,
        "device": "cpu", "threads": 1,
    }  # fmt: skip
    writer = RunWriter.begin(path, RunInfo(**(told | info)), "")
    writer.add_environment(here)
    for each in records:
        writer.append(replace(each, environment=here.id))
    writer.close()
    return path
