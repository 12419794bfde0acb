"""Identities of the papers, by head: two forms of one function, or a count that arithmetic gives.

Each is a function of a case, and says nothing (None) where the options of the head leave it no
meaning.
"""

from collections.abc import Callable

import torch

from attnbench.measure._identities import a2, ccnet, dnl, ema, ema_likelihood, isa, kernels
from attnbench.measure._identities.case import Case

Identity = Callable[[Case], int | float | None]

OF_EVERY_HEAD: dict[str, Identity] = {"fused": kernels.fused}
OF: dict[str, dict[str, Identity]] = {
    "a2": {
        "a2_orders": a2.orders,
        "a2_is_em": a2.is_em,
        "a2_is_em_by_sharing": a2.is_em_by_sharing,
    },
    "ccnet": {
        "ccnet_unreached": ccnet.after_all,
        "ccnet_unreached_once": ccnet.after_one,
        "ccnet_reached_once": ccnet.most_of_one,
    },
    "dnl": {"dnl_split": dnl.split, "dnl_key_mean": dnl.key_mean},
    "ema": {
        "ema_kmeans": ema.kmeans,
        "ema_rank": ema.rank,
        "ema_fall": ema_likelihood.released,
        "ema_fall_unnormalised": ema_likelihood.unnormalised,
        "ema_fall_proper": ema_likelihood.proper,
    },
    "isa": {
        "isa_unreached": isa.after_all,
        "isa_unreached_long": isa.after_long,
        "isa_unreached_short": isa.after_short,
        "isa_product_zeros": isa.zeros_of_product,
        "isa_product_rows": isa.rows_of_product,
        "isa_factors": isa.factors,
        "isa_padded": isa.padded,
        "isa_padding_ignored": isa.padding_ignored,
    },
}


def found(case: Case) -> dict[str, int | float]:
    """What each identity of the case's head gives, by name."""
    mine = OF.get(case.trial.head, {}) | OF_EVERY_HEAD
    with torch.no_grad():
        values = {name: identity(case) for name, identity in mine.items()}
    return {name: value for name, value in values.items() if value is not None}
