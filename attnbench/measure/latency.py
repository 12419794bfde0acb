"""Seconds a step: a forward pass, or forward and backward in training. Warm-up is not in it.

One value a sample, and a sample is as many calls as the clock needs. `latency` is of calls back to
back. On CUDA `latency.device` is without the gaps in which the device waits for the host,
`latency.cold` the same after its last-level cache was overwritten, `latency.host` what the host
takes to issue a call; `latency.first` and `latency.compile` are paid once.
"""

from dataclasses import replace

from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench
from attnbench.measure._dispatch import Calls
from attnbench.measure._sampling import Samples, sample
from attnbench.measure._step import Step, undisturbed
from attnbench.measure._timing import cold, gapless
from attnbench.units import quantity

ATTENTION = ("scaled_dot_product", "attend_in_blocks")  # in names of operators


@metric(
    origin="measured",
    units={
        "latency": "s",
        "latency.device": "s",
        "latency.cold": "s",
        "latency.host": "s",
        "latency.first": "s",
        "latency.compile": "s",
    },
    needs_device=True,
    repeat=True,
)
def latency(bench: Bench) -> dict[str, Found]:
    step = bench.real
    found = {"latency": _found(bench.hot)}
    if bench.device.cache_bytes:
        with undisturbed(step):
            found |= _on_its_own(bench, bench.hot)
    found["latency.first"] = Found((bench.first.seconds,))
    if bench.first.compile_seconds:
        found["latency.compile"] = Found((bench.first.compile_seconds,))
    if bench.trial.kernel == "fused":  # after all samples: nothing watches what is timed
        found["latency"] = _with_notes(found["latency"], _kernels(step))
    return found


def _on_its_own(bench: Bench, hot: Samples) -> dict[str, Found]:
    """Readings of a device that works beside the host."""
    step, device = bench.real, bench.device
    warm = replace(bench.budget, warmup_seconds=0.0)
    how = {"budget": warm, "resolution": device.resolution, "spent": bench.spent}
    inner = sample(gapless(device, step.afresh, hot.host), **how)
    outer = sample(cold(device, step.afresh, hot.host), **how)
    flushed = f"after {quantity(device.cache_bytes, 'bytes')} were overwritten"
    return {
        "latency": _with_notes(_found(hot), _launch_bound(inner)),
        "latency.device": _found(inner),
        "latency.cold": _with_notes(_found(outer), (flushed,)),
        "latency.host": Found((inner.host,)),
    }


def _launch_bound(inner: Samples) -> tuple[str, ...]:
    if inner.host <= inner.median:
        return ()
    host, own = quantity(inner.host, "s"), quantity(inner.median, "s")
    return (f"launch-bound: the host takes {host} to issue what the device does in {own}",)


def _kernels(step: Step) -> tuple[str, ...]:
    with Calls() as calls:
        step.forward()
    names = sorted(name for name in calls.seen if any(a in name for a in ATTENTION))
    return (f"attention by {', '.join(names)}",) if names else ("attention by no fused kernel",)


def _found(samples: Samples) -> Found:
    calls = "1 call" if samples.calls == 1 else f"{samples.calls} calls"
    return Found(samples.values, notes=(f"{calls} a sample", samples.stopped, *samples.notes))


def _with_notes(found: Found, notes: tuple[str, ...]) -> Found:
    return Found(found.samples, found.terms, (*found.notes, *notes))
