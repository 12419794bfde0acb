"""attnbench.measure: what any module costs, measured in this process."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from attnbench.errors import AttnbenchError, UnknownNameError
from attnbench.kinds import MODES, Dtype, Mode
from attnbench.trial import Budget, Shape

if TYPE_CHECKING:
    from torch import nn

    from attnbench.api.measured import Measured
    from attnbench.measure._module_bench import ModuleBench
    from attnbench.record import Reading

METRICS = (
    "params", "counted", "fvcore", "memory_predicted", "frontier", "memory", "latency",
    "latency_graph", "roofline", "energy", "frontier_measured",
)  # fmt: skip
USUAL = ("params", "counted", "memory_predicted", "latency")


def measure(
    module: "nn.Module",
    shape: Shape | Sequence[int],
    *,
    metrics: "Sequence[str | Callable[..., Any]]" = USUAL,
    device: str = "cpu",
    mode: Mode = "inference",
    dtype: Dtype | None = None,
    budget: Budget = Budget(),
    seed: int = 0,
) -> "Measured":
    """What a module costs on one input, by the metrics of a run, in this process.

    A copy of the module is measured: its weights, mode and gradients stay as they are. The input is
    random, as features are behind a ReLU.

    module: any that takes one tensor and returns one.
    shape: of the input, (N, C, H, W).
    metrics: of params, counted (MACs and FLOPs), fvcore, memory_predicted, frontier, memory,
        latency, latency_graph, roofline, energy, frontier_measured; each has several readings.
        One of your own is a reference ("my_metric.py:spread") or the function.
    device: "cpu" or "cuda", "cuda:1".
    mode: "inference" is forward without gradients, "training" forward and backward.
    dtype: "float64", "float32", "tf32", "bfloat16", "float16"; None takes that of the weights.
    budget: when sampling stops; its rounds are not used, as one process is one round.
    seed: of the input.

    Values are in base units: seconds a step, bytes, MACs, FLOPs, joules an image. What one process
    shows may differ from the next by some per cent: to compare two heads take `attnbench.run`.

    Raises AttnbenchError for a metric, mode or type that there is not, for a shape that is none,
    and for a module that cannot be copied or returns no tensor; what the module itself raises on
    such an input comes through. A metric that cannot be had is in `unmeasured`, with the reason.
    """
    import torch

    from attnbench.api.measured import Measured, Quantity
    from attnbench.api.module_trial import module_trial
    from attnbench.measure._module_bench import ModuleBench

    names = _names(metrics)
    _check("mode", [mode], MODES)
    trial = module_trial(module, shape, dtype=dtype, device=device, mode=mode)
    bench = ModuleBench(trial, budget, seed, module=module)
    readings, unmeasured = _readings(bench, dict.fromkeys(names))
    found = {name: Quantity.of(name, reading) for name, reading in readings.items()}
    where = device if torch.device(device).type == "cpu" else torch.cuda.get_device_name(device)
    return Measured(trial, found, unmeasured, where, torch.__version__, torch.get_num_threads())


def _names(metrics: "Sequence[str | Callable[..., Any]]") -> list[str]:
    """Of metrics, those of the user among them. Raises AttnbenchError for one that is not there."""
    from attnbench.own import is_reference, reference
    from attnbench.suite_file import known_metric

    ours = [metric for metric in metrics if isinstance(metric, str) and not is_reference(metric)]
    _check("metric", metrics if isinstance(metrics, str) else ours, METRICS)
    return [known_metric(reference(metric)) for metric in metrics]


def _check(kind: str, given: Sequence[str], known: Collection[str]) -> None:
    if isinstance(given, str):
        raise AttnbenchError(f"{kind}s: write a list, as in ({given!r},)")
    for name in given:
        if name not in known:
            raise UnknownNameError(kind, str(name), known)


def _readings(
    bench: "ModuleBench", metrics: Collection[str]
) -> "tuple[dict[str, Reading], dict[str, str]]":
    """Of the metrics that could be had, and why not of the others."""
    import attnbench.measure as measure
    from attnbench.errors import UnmeasuredError

    found: dict[str, Reading] = {}
    reasons: dict[str, str] = {}
    with _undisturbed_settings(bench):
        for metric in metrics:
            try:
                if measure.describe(metric).keywords.get("needs_device"):
                    _refuse_too_large(bench)
                found |= measure.readings(metric, bench)
            except UnmeasuredError as reason:
                reasons[metric] = str(reason)
    return found, reasons


@contextmanager
def _undisturbed_settings(bench: "ModuleBench") -> Iterator[None]:
    """Random numbers and rounding of this process are afterwards as they were."""
    import torch

    from attnbench.measure._numerics import rounding

    device = torch.device(bench.trial.device)
    cards = [device.index or 0] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=cards), rounding(bench.trial):
        yield


def _refuse_too_large(bench: "ModuleBench") -> None:
    """Raises UnmeasuredError for a step that is predicted not to fit: a kernel would be killed."""
    from attnbench.errors import UnmeasuredError
    from attnbench.host.cpu import ROOT
    from attnbench.host.kernel_files import fields
    from attnbench.measure.memory_predicted import predicted_peak
    from attnbench.units import quantity

    if bench.needs_data:
        return
    if bench.trial.device == "cpu":
        free = fields(ROOT / "proc/meminfo").get("MemAvailable", 0) * 1024
    else:
        free = bench.device.free_bytes()
    needed = predicted_peak(bench)
    if needed > free > 0:
        told = f"predicted peak {quantity(needed, 'bytes')}"
        raise UnmeasuredError(f"{told}, above the {quantity(free, 'bytes')} that are free")
