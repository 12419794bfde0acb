"""Seconds a forward pass that is replayed as a CUDA graph: one launch, whatever is in it."""

from attnbench.errors import UnmeasuredError
from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench
from attnbench.measure._sampling import sample
from attnbench.measure._step import undisturbed
from attnbench.measure._timing import hot


@metric(origin="measured", units={"latency_graph": "s"}, needs_device=True, repeat=True)
def latency_graph(bench: Bench) -> dict[str, Found]:
    if bench.trial.mode == "training":
        raise UnmeasuredError("a graph is taken of the forward pass, with mode inference")
    step = bench.real
    replay = bench.device.replayed(step)
    with undisturbed(step):
        samples = sample(
            hot(bench.device, replay),
            bench.budget,
            resolution=bench.device.resolution,
            spent=bench.spent,
        )
    return {"latency_graph": Found(samples.values, notes=(samples.stopped, *samples.notes))}
