"""What came of a task: readings, a status, and where they were made. One line of JSON each.

History of the format, newest first; every change gets a line here and in `record_check`:
4  reading: pictures
3  trial: backbone, parts network and classifier
2  record: run; environment: governor, turbo, quota_cores; GPU: ecc, mig; run.json: sdpa,
   cudnn_benchmark, merged; conditions.jsonl; dtype tf32
1  first
"""

from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct

from attnbench.trial import Trial

SCHEMA = 4

Status = Literal["ok", "oom", "timeout", "crashed", "error", "skipped"]
Origin = Literal["measured", "counted", "predicted", "modelled"]
Better = Literal["lower", "higher"]


# A run may have millions of readings and records. A struct is made in a tenth of the time of a
# frozen dataclass, and a search for garbage has nothing of it to look at.
class Reading(Struct, frozen=True, gc=False):
    """What one metric saw in one round, in base units; it says itself what it is.

    `samples` are kept as taken: medians and intervals are made on reading. A count has one.
    `terms` splits a count by kind of work, and they add up to the sample; of an accuracy they are
    those of each class, or of each setting that was tried. `pictures` show what it is of: small
    ones, by name, as data URIs of PNG or JPEG; whoever shows them checks that they are.
    """

    samples: tuple[int | float, ...]
    unit: str
    better: Better
    origin: Origin
    terms: dict[str, int | float] = {}
    notes: tuple[str, ...] = ()
    pictures: dict[str, str] = {}


class Record(Struct, frozen=True, gc=False):
    """One trial in one round. A failure is a result: `status` and `message` tell it.

    `unmeasured` maps a metric to the reason why it has no reading. `source` is the hash of the
    head's file and of what it shares with others: a record of other code is not this one.
    """

    trial: Trial
    key: str
    round: int
    status: Status
    environment: str = ""
    source: str = ""
    readings: dict[str, Reading] = {}
    unmeasured: dict[str, str] = {}
    message: str = ""
    started: str = ""  # ISO 8601, UTC
    seconds: float = 0.0
    seed: int = 0
    run: str = ""  # name of the run it was made in, where it was merged with others
    schema: int = SCHEMA


@dataclass(frozen=True)
class Gpu:
    """One NVIDIA device as the driver names it. Watts and megahertz; memory in bytes."""

    name: str
    uuid: str = ""
    memory_bytes: int = 0
    power_cap_watts: float = 0.0
    max_sm_clock_mhz: int = 0
    ecc: str = ""  # on, off; "" where the card does not tell
    mig: str = ""


@dataclass(frozen=True)
class Environment:
    """The machine and the software of a worker. `id` is a hash of all the rest.

    So nothing that changes from minute to minute is in it; that is in `host.Host`.
    """

    id: str
    attnbench: str
    python: str
    torch: str
    numpy: str
    fvcore: str
    cuda: str
    driver: str
    os: str
    cpu: str
    cores: int
    memory_bytes: int
    threads: int
    gpus: tuple[Gpu, ...] = ()
    flags: dict[str, str] = field(default_factory=dict)  # precision and kernel choices in force
    governor: str = (
        ""  # of the CPU's frequency; "" where it is not told, as in most virtual machines
    )
    turbo: str = ""  # on, off
    quota_cores: float = 0.0  # that the control group allows; 0 without a limit
    commit: str = ""
    dirty: bool = False
