"""Parameters: those that training changes, and all else that the state dict holds."""

from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench


@metric(origin="counted", units={"params": "", "params.frozen": ""})
def params(bench: Bench) -> dict[str, Found]:
    """Trainable parameters; frozen ones and buffers (running statistics, bases) apart."""
    module = bench.outline
    trainable = sum(p.numel() for p in module.parameters() if p.requires_grad)
    everything = sum(t.numel() for t in module.state_dict(keep_vars=True).values())
    return {"params": Found((trainable,)), "params.frozen": Found((everything - trainable,))}
