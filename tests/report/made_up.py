"""A run that was never run: every kind of record that a report has to show, from closed forms.

MACs are those of PAPERS.md section 2, memory the maps that are alive at once, latency an overhead
plus work and traffic at fixed speeds, scattered from round to round with a fixed seed.
"""

from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from attnbench.conditions import Conditions
from attnbench.host.finding import stop
from attnbench.host.noise import Noise
from attnbench.record import Environment, Reading, Record
from attnbench.store import Run, RunInfo
from attnbench.trial import Option, Shape, Trial

SIDES = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
TIMED = 96  # the largest side with times
CHANNELS = 512
FLOAT = 4
NOTES = ("1 call a sample", "budget spent")
BUSY = stop("of 2 cores, 0.5 are idle", "others take turns with the measured thread", "wait")
NOISE = Noise(((0.9, 0.91), (1.0, 1.01), (1.1, 1.11)), threads=2)
EVIL = "<script>alert('$\\frac{1}{2}$')</script>"
SKIPPED = "a map above 96x96 takes minutes a step on a CPU"

SUITE = (Path(__file__).parent / "made_up.toml").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Line:
    """A head with its options, its kernels, and MACs by kind over N."""

    head: str
    kernels: tuple[str, ...]
    params: int
    options: dict[str, Option] = field(default_factory=dict)

    def convolution(self, n: int) -> int:
        return self.params * n

    def contraction(self, n: int) -> int:
        c, k = CHANNELS, 64
        side = round(n**0.5)
        block = side if self.options else 64
        return {
            "non_local": n * n * c,
            "self_attention": n * n * 3 * c // 2,
            "ema": 7 * n * c * k,
            "isa": n * (n // block + block) * 3 * c // 2,
            "gc": n * c,
        }.get(self.head, 0)

    def map_bytes(self, n: int, kernel: str) -> int:
        """Two copies of the affinity, or none where the kernel keeps none."""
        pairs = {
            "non_local": n * n,
            "self_attention": n * n,
            "ema": n * 64,
            "isa": n * max(n // 64, 64),
        }.get(self.head, n)
        return 0 if kernel == "fused" else 2 * FLOAT * pairs


LINES = (
    Line("fcn", ("eager",), 9 * CHANNELS**2),
    Line("non_local", ("eager", "fused"), 2 * CHANNELS**2),
    Line("self_attention", ("eager", "fused"), 2 * CHANNELS**2),
    Line("ema", ("eager",), 2 * CHANNELS**2),
    Line("isa", ("eager", "fused"), 4 * CHANNELS**2),
    Line("isa", ("eager", "fused"), 4 * CHANNELS**2, {"partition": "balanced"}),
    Line("gc", ("eager",), CHANNELS**2 // 8),
)


def made_up_run(*, name: str = "20260101-000000-resolution-sweep", rounds: int = 5) -> Run:
    """The whole of it. Drop records of it to see what a report makes of less."""
    records = [r for line in LINES for r in [*_static(line), *_timed(line, rounds)]]
    return Run(
        path=Path("results") / name,
        info=RunInfo(
            suite="resolution-sweep",
            created="2026-01-01T00:00:00Z",
            attnbench="0.1.0",
            seed=7,
            device="cpu",
            threads=2,
            asked={"set": ("rounds=5",)},
        ),
        suite_text=SUITE,
        records=(*records, *_failed()),
        environments={"e1": _environment()},
        conditions=(Conditions("2026-01-01T00:00:00Z", "e1", (BUSY,), NOISE),),
        warnings=("records.jsonl: line 12 is cut in the middle; it is left out",),
    )


def trial(head: str, side: int, **fields: object) -> Trial:
    return Trial(head, Shape(1, CHANNELS, side, side), **fields)


def record(trial: Trial, readings: dict[str, Reading], **fields: object) -> Record:
    base = {"round": 0, "status": "ok", "environment": "e1", "seconds": 1.0}
    base |= {"started": "2026-01-01T00:00:00Z"}
    return Record(trial=trial, key=trial.key, readings=readings, **(base | fields))


def reading(value: float, unit: str, origin: str, **fields: object) -> Reading:
    return Reading((value,), unit, "lower", origin, **fields)


def _trials(line: Line, sides: tuple[int, ...], device: str) -> list[Trial]:
    return [
        trial(line.head, s, options=line.options, device=device, mode=mode, kernel=kernel)
        for mode in ("inference", "training")
        for kernel in line.kernels
        for s in sides
    ]


def _static(line: Line) -> list[Record]:
    return [
        record(t, _counts(line, t) | _predicted(line, t), unmeasured=_reasons(t))
        for t in _trials(line, SIDES, "meta")
    ]


def _reasons(t: Trial) -> dict[str, str]:
    if t.mode == "training":
        return {"counted": "counts the forward pass; it is taken with mode inference"}
    if t.shape.height > TIMED:
        return {"fvcore": "fvcore would run the head for real, for too long or in too much memory"}
    return {}


def _counts(line: Line, t: Trial) -> dict[str, Reading]:
    found = {"params": reading(line.params, "", "counted")}
    found["params.frozen"] = reading(1024, "", "counted")
    if t.mode == "training":
        return found
    n = t.shape.pixels
    macs = {"convolution": line.convolution(n), "contraction": line.contraction(n)}
    macs = {k: v for k, v in macs.items() if v}
    total, norms = sum(macs.values()), 2 * n * CHANNELS
    flops = {k: 2 * v for k, v in macs.items()} | {"normalisation": norms, "softmax": 5 * n * 64}
    for origin in ("modelled", "counted"):
        found[f"macs.{origin}"] = reading(total, "MACs", origin, terms=macs)
        found[f"flops.{origin}"] = reading(sum(flops.values()), "FLOPs", origin, terms=flops)
    if t.shape.height <= TIMED:
        notes = [f"fvcore adds batch_norm, which has no multiply-add to count: {norms:+,}"]
        seen = total + norms
        if t.kernel == "fused":
            seen -= macs["contraction"]
            lost = f"{-macs['contraction']:+,} MACs"
            notes.insert(0, f"fvcore does not see scaled_dot_product_attention (x1): {lost}")
        found["macs.fvcore"] = reading(seen, "MACs", "counted", notes=tuple(notes))
    return found


def _predicted(line: Line, t: Trial) -> dict[str, Reading]:
    n = t.shape.pixels
    maps, one = line.map_bytes(n, t.kernel), FLOAT * n * CHANNELS
    found = {"memory_predicted.baseline": reading(one + FLOAT * line.params, "bytes", "predicted")}
    if t.mode == "inference":
        return found | {"memory_predicted": reading(maps + 3 * one, "bytes", "predicted")}
    found["memory_predicted.forward"] = reading(maps + 6 * one, "bytes", "predicted")
    whole = maps * 2 + 8 * one + FLOAT * line.params
    return found | {"memory_predicted": reading(whole, "bytes", "predicted")}


def _timed(line: Line, rounds: int) -> list[Record]:
    records = []
    for t in _trials(line, SIDES[:-1], "cpu"):
        if t.shape.height > TIMED:
            records.append(record(t, {}, status="skipped", message=SKIPPED))
            continue
        records += [record(t, _measured(line, t, r), round=r) for r in range(rounds)]
    return records


def _measured(line: Line, t: Trial, r: int) -> dict[str, Reading]:
    scatter = Random(f"{t.key} {r}").gauss(1, 0.03)
    n = t.shape.pixels
    macs = line.convolution(n) + line.contraction(n)
    step = 1 if t.mode == "inference" else 3
    traffic = 6 * line.map_bytes(n, t.kernel) + 40 * FLOAT * n * CHANNELS
    seconds = step * (2e-4 + 2 * macs / 1.2e11 + traffic / 1.5e10) * scatter
    samples = tuple(seconds * k for k in (1.02, 1.0, 0.99))
    found = {"latency": Reading(samples, "s", "lower", "measured", notes=NOTES)}
    if t.mode == "inference":
        found |= _roofline(macs, n, seconds)
    if r == 0:
        for metric, predicted in _predicted(line, t).items():
            measured = metric.replace("memory_predicted", "memory")
            value = round(predicted.samples[0] * 1.01)
            found[measured] = reading(value, "bytes", "measured", notes=("live storages",))
    return found


def _roofline(macs: int, n: int, seconds: float) -> dict[str, Reading]:
    """Ceilings of 120 GFLOP/s and 15 GB/s."""
    flops, moved = 2 * macs, 2 * FLOAT * n * CHANNELS
    floors = {"multiply-adds": flops / 1.2e11, "bytes": moved / 1.5e10}
    bound = max(floors, key=floors.get)
    measured = {
        "roofline": (seconds / floors[bound], ""),
        "roofline.floor": (floors[bound], "s"),
        "roofline.intensity": (flops / moved, "FLOPs/byte"),
        "roofline.flop_rate": (flops / seconds, "FLOPs/s"),
        "roofline.flop_ceiling": (1.2e11, "FLOPs/s"),
        "roofline.byte_rate": (moved / seconds, "bytes/s"),
        "roofline.byte_ceiling": (1.5e10, "bytes/s"),
    }
    return {
        name: reading(value, unit, "measured", notes=(f"bound by {bound}",))
        for name, (value, unit) in measured.items()
    }


def _failed() -> list[Record]:
    huge = trial("self_attention", 128, device="cpu", mode="training")
    evil = trial("my_head", 32, device="cpu", options={"name": EVIL})
    fused = trial("ema", 16, device="meta", kernel="fused")
    return [
        record(huge, {}, status="oom", message="needs 9.1 GiB, the limit is 7.5 GiB"),
        record(evil, {}, status="crashed", message=f"worker ended by signal 11: {EVIL}"),
        record(evil, {"macs.counted": reading(10**9, "MACs", "counted")}, round=1),
        record(fused, {}, status="skipped", message="ema has no fused kernel, only eager"),
    ]


def _environment() -> Environment:
    return Environment(
        id="e1", attnbench="0.1.0", python="3.11.9", torch="2.13.0+cpu", numpy="2.4.6",
        fvcore="0.1.5.post20221221", cuda="", driver="", os="Linux 6.1 x86_64",
        cpu="Made-up CPU @ 2.4 GHz", cores=2, memory_bytes=16 * 2**30, threads=2,
        flags={"mkldnn": "true", "cpu_capability": "AVX512"}, commit="0123456789ab", dirty=True,
    )  # fmt: skip
