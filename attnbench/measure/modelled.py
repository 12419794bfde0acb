"""MACs and FLOPs in closed form: the formula that the head's own file declares, term by term."""

from attnbench.errors import UnmeasuredError
from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench, refuse_compiled
from attnbench.trial import NETWORKS


@metric(origin="modelled", units={"macs.modelled": "MACs", "flops.modelled": "FLOPs"})
def modelled(bench: Bench) -> dict[str, Found]:
    refuse_compiled(bench.trial)
    if bench.trial.mode == "training":
        raise UnmeasuredError(
            "the closed form is of the forward pass; it is taken with mode inference"
        )
    if bench.trial.part in NETWORKS:
        raise UnmeasuredError("a network with its backbone has no closed form; it is counted")
    if not bench.declares_cost:
        raise UnmeasuredError(f"{bench.trial.head} declares no cost")
    cost = bench.outline.cost(bench.trial.shape)
    return {
        "macs.modelled": Found((cost.macs,), cost.macs_by_kind()),
        "flops.modelled": Found((cost.flops,), cost.flops_by_kind()),
    }
