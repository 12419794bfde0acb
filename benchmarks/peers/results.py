"""What a run of all comparisons found: the file that the page is made of."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec


@dataclass(frozen=True)
class Counted:
    """One forward pass through one counter; `macs` is None where it gave no count, see `failed`.

    `said` is what it named as not counted. `grad`: the count was right only with gradients on.
    """

    counter: str
    case: str
    true: int
    macs: int | None = None
    said: tuple[str, ...] = ()
    grad: bool = False
    failed: str = ""


@dataclass(frozen=True)
class Counts:
    """All that one counter gave: for known traps, for what has no multiply-add, and for heads."""

    rows: tuple[Counted, ...] = ()
    free: tuple[Counted, ...] = ()
    heads: tuple[Counted, ...] = ()


@dataclass(frozen=True)
class Sized:
    """Seconds of one count in a fresh process, and the peak of its resident bytes above before.

    `tensors` are real or meta ones, or none for a closed form.
    """

    counter: str
    tensors: str
    head: str
    side: int
    seconds: float | None = None
    peak_bytes: int | None = None
    macs: int | None = None
    failed: str = ""


@dataclass(frozen=True)
class Timed:
    """What a tool told of a step in one process: its median and the interval of its samples.

    `low` and `high` are None where the samples give no interval. `took` is wall-clock seconds of
    the whole measurement, warm-up included.
    """

    tool: str
    head: str
    side: int
    repetition: int
    median: float = 0.0
    low: float | None = None
    high: float | None = None
    samples: int = 0
    took: float = 0.0
    device: str = "cpu"
    failed: str = ""


@dataclass(frozen=True)
class Swept:
    """Wall-clock seconds of the same trials, by the way in which each gets its process."""

    way: str
    repetition: int
    trials: int
    seconds: float


@dataclass(frozen=True)
class Raced:
    """Seconds of one call of `who`'s head, one value a turn; `apart` is how far outputs differ."""

    head: str
    who: str
    side: int
    mode: str
    seconds: tuple[float, ...] = ()
    apart: float | None = None
    failed: str = ""


@dataclass(frozen=True)
class Results:
    """`missing` says of what does not install or import why.

    `count_bytes` and `count_seconds` were the limits of one count, `sample_seconds` what a tool was
    given to sample a step in; `seconds` is how long it all took.
    """

    made: str
    machine: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    count_bytes: int = 0
    count_seconds: float = 0.0
    sample_seconds: float = 0.0
    rows: tuple[Counted, ...] = ()
    free: tuple[Counted, ...] = ()
    heads: tuple[Counted, ...] = ()
    sizes: tuple[Sized, ...] = ()
    latency: tuple[Timed, ...] = ()
    sweeps: tuple[Swept, ...] = ()
    races: tuple[Raced, ...] = ()


def read(path: Path) -> Results:
    """Raises OSError, or msgspec.DecodeError for a file of another form."""
    return msgspec.json.decode(path.read_bytes(), type=Results)


def write(results: Results, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
