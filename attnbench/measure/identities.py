"""What the papers say is equal, computed on the trial's own head: how far apart two forms are.

A difference is the largest one over the largest value, in machine epsilons of the type ("eps"); a
fall of a likelihood is told likewise, and the rest are counts. Weights are fresh from the seed.
"""

from attnbench.errors import UnmeasuredError
from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench
from attnbench.measure._identities import found
from attnbench.measure._identities.case import case

DTYPES = ("float64", "float32")


@metric(
    origin="counted",
    units={
        "identity.fused": "eps",
        "identity.a2_orders": "eps",
        "identity.a2_is_em": "eps",
        "identity.a2_is_em_by_sharing": "eps",
        "identity.ccnet_unreached": "",
        "identity.ccnet_unreached_once": "",
        "identity.ccnet_reached_once": "",
        "identity.dnl_split": "eps",
        "identity.dnl_key_mean": "eps",
        "identity.ema_kmeans": "eps",
        "identity.ema_rank": "",
        "identity.ema_fall": "eps",
        "identity.ema_fall_unnormalised": "eps",
        "identity.ema_fall_proper": "eps",
        "identity.isa_unreached": "",
        "identity.isa_unreached_long": "",
        "identity.isa_unreached_short": "",
        "identity.isa_product_zeros": "",
        "identity.isa_product_rows": "eps",
        "identity.isa_factors": "eps",
        "identity.isa_padded": "eps",
        "identity.isa_padding_ignored": "eps",
    },
    needs_device=True,
)
def identities(bench: Bench) -> dict[str, Found]:
    """Each identity of the head that its options leave a meaning."""
    if bench.trial.dtype not in DTYPES:
        raise UnmeasuredError(f"taken in {' or '.join(DTYPES)}: {bench.trial.dtype} is too coarse")
    told = found(case(bench))
    if not told:
        raise UnmeasuredError(f"no identity is known of {bench.trial.label}")
    return {f"identity.{name}": Found((value,)) for name, value in told.items()}
