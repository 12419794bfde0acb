"""MACs and FLOPs in closed form: the formula that the head's own file declares, term by term."""

from attnbench.cost import Cost
from attnbench.errors import UnmeasuredError
from attnbench.kinds import NETWORKS
from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench, refuse_compiled


@metric(origin="modelled", units={"macs.modelled": "MACs", "flops.modelled": "FLOPs"})
def modelled(bench: Bench) -> dict[str, Found]:
    refuse_compiled(bench.trial)
    if bench.trial.mode == "training":
        raise UnmeasuredError(
            "the closed form is of the forward pass; it is taken with mode inference"
        )
    if bench.trial.part in NETWORKS:
        raise UnmeasuredError("a network with its backbone has no closed form; it is counted")
    cost = cost_of(bench)
    return {
        "macs.modelled": Found((cost.macs,), cost.macs_by_kind()),
        "flops.modelled": Found((cost.flops,), cost.flops_by_kind()),
    }


def cost_of(bench: Bench) -> Cost:
    """Of the whole head: a block of a user may have none, or something else under that name."""
    head = bench.trial.head
    if not bench.declares_cost:
        raise UnmeasuredError(f"{head} declares no cost")
    cost = bench.outline.cost(bench.trial.shape)
    if not isinstance(cost, Cost):
        raise UnmeasuredError(f"{head}: its cost is no attnbench.Cost, but {type(cost).__name__}")
    return cost
